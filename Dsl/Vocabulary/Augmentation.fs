namespace Vantage

// What the language can say. An augmentation is a random change to one image whose values lie in [0, 1]: a tree of steps
// (sequence, any order, sometimes, a choice) over the operations. It says which random numbers are needed and what they mean; it draws
// none and touches no pixel. Three readers give it meaning: the plan numbers its random numbers, the draw makes a table of
// values of them, and a view engine turns an image and a row of that table into a view.
// What it cannot say: a step that depends on the pixels it sees, on another image, or on the class.

/// How a crop or resize looks between pixels.
[<RequireQualifiedAccess>]
type Resampling =
    /// Bilinear, antialiased when shrinking.
    | Bilinear
    /// Bilinear between the nearest pixels, whatever the scale.
    | BilinearPlain
    /// Bicubic (a = -0.5), antialiased when shrinking.
    | Bicubic
    /// Bicubic (a = -0.75) between the nearest pixels, whatever the scale.
    | BicubicPlain

/// Which patches a mask takes away.
[<RequireQualifiedAccess>]
type MaskShape =
    /// Any, each alike.
    | Scattered
    /// Rectangles of at least this many patches each (BEiT; iBOT takes (min (rows, columns) / 3) squared).
    | Blocks of smallest: int

/// A random affine map: sheared, turned counter-clockwise, scaled, then moved.
type Warp = {
    Degrees: Distribution
    /// A share of the width.
    Right: Distribution
    /// A share of the height.
    Down: Distribution
    Scale: Distribution
    /// In degrees.
    ShearX: Distribution
    /// In degrees.
    ShearY: Distribution
    /// What comes in from outside, in [0, 1].
    Fill: float
}

/// A random change to one image, as data.
[<RequireQualifiedAccess>]
type Augmentation =
    /// One after the other, the first in the list first.
    | Sequence of Augmentation list
    /// All of them, in an order drawn for each image.
    | AnyOrder of Augmentation list
    /// The step with this probability, each image apart.
    | Sometimes of probability: float * Augmentation
    /// One of them, drawn for each image by weight.
    | OneOf of (float * Augmentation) list
    /// This many different ones of them, drawn for each image, in the order of the list.
    | Pick of count: int * Augmentation list
    /// A box of random area (share of the image) and aspect (width over height), resized to size x size.
    | Crop of size: int<px> * area: Distribution * aspect: Distribution * Resampling
    /// The shorter side becomes this long, the aspect stays.
    | Resize of shorter: int<px> * Resampling
    /// The size x size pixels in the middle, as they are.
    | CenterCrop of size: int<px>
    /// Left becomes right.
    | FlipHorizontal
    /// Top becomes bottom.
    | FlipVertical
    /// Quarter turns, counter-clockwise.
    | QuarterTurns of int
    /// Bilinear resampling by a random affine map about the centre; the size stays.
    | Affine of Warp
    /// x f, clamped to [0, 1]. The factor 1 leaves the image as it is.
    | Brightness of factor: Distribution
    /// x + a, clamped to [0, 1]: the brightness of SimCLR's first version and of BYOL.
    | AddBrightness of amount: Distribution
    /// f x + (1 - f) m, m the mean grey of the image, clamped. The factor 1 leaves the image as it is, 0 gives flat grey.
    | Contrast of factor: Distribution
    /// f x + (1 - f) m, m the mean of each channel, clamped: TensorFlow's contrast.
    | ContrastByChannel of factor: Distribution
    /// f x + (1 - f) grey of the same pixel, clamped. The factor 1 leaves the image as it is, 0 takes the colour away.
    | Saturation of factor: Distribution
    /// The hue (HSV) by a share of a full turn. 0 leaves the image as it is.
    | Hue of turn: Distribution
    /// The grey of each pixel in every channel.
    | Grayscale
    /// This many of the three channels become 0, drawn for each image.
    | DropChannels of count: int
    /// The three channels in an order drawn for each image.
    | ShuffleChannels
    /// 1 - x where x is at least the threshold.
    | Solarize of threshold: Distribution
    /// Bytes keep this many of their highest bits.
    | Posterize of bits: int
    /// 1 - x.
    | Invert
    /// Each channel stretched to [0, 1].
    | AutoContrast
    /// Each channel's histogram of bytes made even.
    | Equalize
    /// f x + (1 - f) smoothed x, clamped. The factor 1 leaves the image as it is, 0 smooths.
    | Sharpness of factor: Distribution
    /// Gaussian of this standard deviation in pixels over this many taps; none: SimCLR's kernel, a tenth of the image's height.
    | Blur of sigma: Distribution * taps: int option
    /// Pillow's Gaussian of this radius: three box blurs an axis.
    | BoxBlur of sigma: Distribution
    /// The length of Sobel's gradient of the grey, over its largest value possible, in every channel.
    | Sobel
    /// Normal noise of this standard deviation on every value, clamped.
    | Noise of deviation: Distribution
    /// A square of this side becomes one value; its centre is uniform over the image (DeVries and Taylor 2017).
    | Cutout of side: int<px> * value: float
    /// A box of random area and aspect (height over width) becomes one value (Zhong et al. 2017).
    | RandomErasing of area: Distribution * aspect: Distribution * value: float
    /// A share of the patches of a grid becomes 0.
    | MaskPatches of patch: int<px> * share: Distribution * MaskShape
    /// The image cut into grid x grid cells, a patch from a random place of each, in an order drawn for each image (PIRL).
    | Jigsaw of grid: int * patch: int<px>
    /// Overlapping patches, row by row (CPC).
    | PatchGrid of patch: int<px> * stride: int<px>
    /// RGB to Lab, each channel scaled to [0, 1] (CMC).
    | Lab
    /// These channels only.
    | KeepChannels of first: int * count: int
    /// (x - mean) / deviation for each channel; one value stands for all channels. Only as the last step.
    | Standardize of mean: float list * deviation: float list

/// Functions over augmentations.
module Augmentation =
    /// Changes nothing.
    let identity = Augmentation.Sequence []

    /// Does the steps in order. Nested sequences are spliced in, so grouping never matters:
    ///     augment [ a; augment [ b; c ] ] = augment [ augment [ a; b ]; c ]
    ///     augment [ identity; a ] = a = augment [ a; identity ]
    let augment steps =
        let rec splice =
            function
            | Augmentation.Sequence inner -> List.collect splice inner
            | step -> [ step ]
        match List.collect splice steps with
        | [ only ] -> only
        | flat -> Augmentation.Sequence flat

    /// Does the step with this probability, each image apart.
    ///     sometimes 0 a = identity,  sometimes 1 a = a
    /// A probability outside [0, 1] is kept as it is, for `check` to name.
    let sometimes probability step =
        if probability = 0.0 then identity
        elif probability = 1.0 then step
        else Augmentation.Sometimes (probability, step)

    /// What is directly inside a step; nothing in an operation.
    let inside =
        function
        | Augmentation.Sequence inner
        | Augmentation.AnyOrder inner
        | Augmentation.Pick (_, inner) -> inner
        | Augmentation.OneOf choices -> List.map snd choices
        | Augmentation.Sometimes (_, inner) -> [ inner ]
        | _ -> []

    /// The step and everything inside it, outermost first.
    let rec parts (step: Augmentation) : Augmentation list = step :: List.collect parts (inside step)

    /// The steps that change what the channels of a view mean, in their order; they happen to every image.
    let channelSteps augmentation =
        match augmentation with
        | Augmentation.Sequence steps -> steps
        | only -> [ only ]
        |> List.filter (function
            | Augmentation.Lab
            | Augmentation.KeepChannels _ -> true
            | _ -> false)

    /// The distributions that an operation draws from, each with the range that it must keep to and whether its lower end is left out.
    let distributions =
        function
        | Augmentation.Crop (_, area, aspect, _)
        | Augmentation.RandomErasing (area, aspect, _) -> [
            area, (0.0, 1.0, true)
            aspect, (0.0, infinity, true)
          ]
        | Augmentation.Brightness d
        | Augmentation.Contrast d
        | Augmentation.ContrastByChannel d
        | Augmentation.Saturation d
        | Augmentation.Sharpness d
        | Augmentation.BoxBlur d
        | Augmentation.Noise d
        | Augmentation.Blur (d, _) -> [ d, (0.0, infinity, false) ]
        | Augmentation.AddBrightness d -> [ d, (-1.0, 1.0, false) ]
        | Augmentation.Hue d -> [ d, (-0.5, 0.5, false) ]
        | Augmentation.Solarize d -> [ d, (0.0, infinity, false) ]
        | Augmentation.MaskPatches (_, share, _) -> [ share, (0.0, 1.0, false) ]
        | Augmentation.Affine warp -> [
            warp.Degrees, (-infinity, infinity, false)
            warp.Right, (-1.0, 1.0, false)
            warp.Down, (-1.0, 1.0, false)
            warp.Scale, (0.0, infinity, true)
            // A shear of 90 degrees has no inverse.
            warp.ShearX, (-89.0, 89.0, false)
            warp.ShearY, (-89.0, 89.0, false)
          ]
        | _ -> []
