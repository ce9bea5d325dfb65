namespace Vantage

/// The vocabulary of views: distributions, augmentations and the published compositions, one lower-case word for each.
[<AutoOpen>]
module ViewWords =
    /// A value drawn uniformly from low to high.
    let between low high = Distribution.Uniform (low, high)

    /// A value whose logarithm is uniform from low to high.
    let logBetween low high = Distribution.LogUniform (low, high)

    /// Always this value.
    let exactly value = Distribution.Exactly value

    /// Steps in order; nesting never matters.
    let augment steps = Augmentation.augment steps

    /// Changes nothing.
    let identity = Augmentation.identity

    /// The steps in an order drawn for each image.
    let anyOrder steps = Augmentation.AnyOrder steps

    /// The step with this probability, each image apart.
    let sometimes probability step = Augmentation.sometimes probability step

    /// One of the steps, each alike.
    let oneOf steps = Augmentation.OneOf (steps |> List.map (fun step -> 1.0, step))

    /// One of the steps, by weight.
    let oneOfWeighted choices = Augmentation.OneOf choices

    /// This many different ones of the steps, in the order of the list.
    let pick count steps = Augmentation.Pick (count, steps)

    let private aspect = Distribution.LogUniform (3.0 / 4.0, 4.0 / 3.0)

    /// torchvision's RandomResizedCrop: area as a share of the image, aspect log-uniform from 3/4 to 4/3, bilinear.
    let crop size area = Augmentation.Crop (size, area, aspect, Resampling.Bilinear)

    /// The same, bicubic: Barlow Twins, VICReg, DINO.
    let cropBicubic size area = Augmentation.Crop (size, area, aspect, Resampling.Bicubic)

    /// The shorter side becomes this long, bilinear.
    let resize shorter = Augmentation.Resize (shorter, Resampling.Bilinear)

    /// The middle of the image, as it is.
    let centerCrop size = Augmentation.CenterCrop size

    /// Mirrors left and right with probability 1/2.
    let flip = sometimes 0.5 Augmentation.FlipHorizontal

    /// Mirrors top and bottom with probability 1/2.
    let flipVertical = sometimes 0.5 Augmentation.FlipVertical

    /// By 0, 90, 180 or 270 degrees, each alike.
    let quarterTurns = oneOf [ identity; yield! List.map Augmentation.QuarterTurns [ 1; 2; 3 ] ]

    /// No motion at all: copy it `with` what should be random.
    let warp: Warp = {
        Degrees = exactly 0.0
        Right = exactly 0.0
        Down = exactly 0.0
        Scale = exactly 1.0
        ShearX = exactly 0.0
        ShearY = exactly 0.0
        Fill = 0.0
    }

    /// A random affine map.
    let affine warp = Augmentation.Affine warp

    /// Turned by up to this many degrees either way, black outside.
    let rotate degrees = affine { warp with Degrees = between -degrees degrees }

    let private around strength = between (max 0.0 (1.0 - strength)) (1.0 + strength)

    /// Brightness, contrast, saturation by factors within strength of 1, hue within `Hue` of a turn, in random order.
    let jitter (strength: {| Brightness: float; Contrast: float; Saturation: float; Hue: float |}) =
        anyOrder [
            Augmentation.Brightness (around strength.Brightness)
            Augmentation.Contrast (around strength.Contrast)
            Augmentation.Saturation (around strength.Saturation)
            Augmentation.Hue (between -strength.Hue strength.Hue)
        ]

    /// Colour distortion of strength s (SimCLR, appendix A): jitter (0.8 s, 0.8 s, 0.8 s, 0.2 s) at 0.8, then grey at 0.2.
    let colorDistortion s =
        augment [
            sometimes
                0.8
                (jitter {| Brightness = 0.8 * s; Contrast = 0.8 * s; Saturation = 0.8 * s; Hue = 0.2 * s |})
            sometimes 0.2 Augmentation.Grayscale
        ]

    /// Takes the colour away.
    let grayscale = Augmentation.Grayscale

    /// This many of the three channels become 0.
    let dropChannels count = Augmentation.DropChannels count

    /// The three channels in random order.
    let shuffleChannels = Augmentation.ShuffleChannels

    /// Gaussian blur of a drawn standard deviation in pixels, over a tenth of the image's height (SimCLR).
    let blur sigma = Augmentation.Blur (sigma, None)

    /// Gaussian blur over this many taps.
    let blurTaps taps sigma = Augmentation.Blur (sigma, Some taps)

    /// Pillow's Gaussian blur of a drawn radius (MoCo v2, DINO, Barlow Twins, VICReg).
    let boxBlur sigma = Augmentation.BoxBlur sigma

    /// 1 - x where x is at least this.
    let solarize threshold = Augmentation.Solarize (exactly threshold)

    /// Bytes keep this many bits.
    let posterize bits = Augmentation.Posterize bits

    /// Each channel stretched to [0, 1].
    let autoContrast = Augmentation.AutoContrast

    /// Each channel's histogram made even.
    let equalize = Augmentation.Equalize

    /// The negative.
    let invert = Augmentation.Invert

    /// Sharpened by a drawn factor; below 1 it smooths.
    let sharpness factor = Augmentation.Sharpness factor

    /// The strength of edges.
    let sobel = Augmentation.Sobel

    /// Normal noise of this standard deviation.
    let noise deviation = Augmentation.Noise (exactly deviation)

    /// A black square of this side somewhere.
    let cutout side = Augmentation.Cutout (side, 0.0)

    /// torchvision's RandomErasing: a black box of 2 to 33 % of the image, aspect 0.3 to 3.3.
    let randomErasing = Augmentation.RandomErasing (between 0.02 0.33, logBetween 0.3 3.3, 0.0)

    /// A share of the patches of this side, each alike (MSN, CAN, MAE).
    let maskPatches patch share = Augmentation.MaskPatches (patch, exactly share, MaskShape.Scattered)

    /// A share of the patches of this side in rectangles of at least this many (BEiT, iBOT).
    let maskBlocks patch share smallest = Augmentation.MaskPatches (patch, share, MaskShape.Blocks smallest)

    /// grid x grid patches, one from each cell, in random order (PIRL). The last step but `standardize`.
    let jigsaw grid patch = Augmentation.Jigsaw (grid, patch)

    /// Overlapping patches, row by row (CPC). The last step but `standardize`.
    let patches patch stride = Augmentation.PatchGrid (patch, stride)

    /// RGB to Lab, scaled to [0, 1].
    let lab = Augmentation.Lab

    /// These channels only: `keepChannels 0 1` of Lab is L, `keepChannels 1 2` is ab (CMC).
    let keepChannels first count = Augmentation.KeepChannels (first, count)

    /// (x - mean) / deviation; one value stands for all channels. The last step of a view.
    let standardize mean deviation = Augmentation.Standardize (mean, deviation)

    /// ImageNet's means and deviations.
    let imagenetStandard = standardize [ 0.485; 0.456; 0.406 ] [ 0.229; 0.224; 0.225 ]

    /// This many views, all drawn from one augmentation.
    let globals count augmentation = List.replicate count (View.Global augmentation)

    /// This many local views, compared with the global ones only.
    let locals count augmentation = List.replicate count (View.Local augmentation)

    /// One global view for each augmentation: asymmetric pairs, an identity on one branch.
    let views augmentations = List.map View.Global augmentations

    /// Any number of crops of any sizes: counts and augmentations of the global views, then of the local ones (SwAV, DINO).
    let multiCrop wide narrow =
        List.collect (fun (count, a) -> globals count a) wide
        @ List.collect (fun (count, a) -> locals count a) narrow
