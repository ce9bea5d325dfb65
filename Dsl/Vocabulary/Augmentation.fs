namespace Vantage

// What the language can say. An augmentation is a random change to one image whose values lie in [0, 1]: a tree of steps
// (sequence, any order, sometimes) over the operations. It says which random numbers are needed and what they mean; it draws
// none and touches no pixel. Three readers give it meaning: the plan numbers its random numbers, the draw makes a table of
// values of them, and a view engine turns an image and a row of that table into a view.
// What it cannot say: a step that depends on the pixels it sees, on another image, or on the class.

/// A random change to one image, as data.
[<RequireQualifiedAccess>]
type Augmentation =
    /// One after the other, the first in the list first.
    | Sequence of Augmentation list
    /// All of them, in an order drawn for each image.
    | AnyOrder of Augmentation list
    /// The step with this probability, each image apart.
    | Sometimes of probability: float * Augmentation
    /// A box of random area (share of the image) and aspect (width over height), resized to size x size, antialiased bilinear.
    | Crop of size: int<px> * area: Distribution * aspect: Distribution
    /// Left becomes right.
    | FlipHorizontal
    /// x f, clamped to [0, 1]. The factor 1 leaves the image as it is.
    | Brightness of factor: Distribution
    /// f x + (1 - f) m, m the mean grey of the image, clamped. The factor 1 leaves the image as it is, 0 gives flat grey.
    | Contrast of factor: Distribution
    /// f x + (1 - f) grey of the same pixel, clamped. The factor 1 leaves the image as it is, 0 takes the colour away.
    | Saturation of factor: Distribution
    /// The hue (HSV) by a share of a full turn. 0 leaves the image as it is.
    | Hue of turn: Distribution
    /// The grey of each pixel in every channel.
    | Grayscale
    /// Gaussian of this standard deviation in pixels; SimCLR's kernel, a tenth of the view's height.
    | Blur of sigma: Distribution
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

    /// The step and everything inside it, outermost first.
    let rec parts (step: Augmentation) : Augmentation list =
        let inside =
            match step with
            | Augmentation.Sequence inner
            | Augmentation.AnyOrder inner -> List.collect parts inner
            | Augmentation.Sometimes (_, inner) -> parts inner
            | Augmentation.Crop _
            | Augmentation.FlipHorizontal
            | Augmentation.Brightness _
            | Augmentation.Contrast _
            | Augmentation.Saturation _
            | Augmentation.Hue _
            | Augmentation.Grayscale
            | Augmentation.Blur _
            | Augmentation.Standardize _ -> []
        step :: inside
