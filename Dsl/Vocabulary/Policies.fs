namespace Vantage

/// Published policies of choices: RandAugment and AutoAugment, after torchvision (transforms/autoaugment.py).
[<AutoOpen>]
module Policies =
    let private signed make value = oneOf [ make (exactly value); make (exactly -value) ]
    let private around (make: Distribution -> Augmentation) value = signed (fun d -> make d) value

    let private factor make value = oneOf [ make (exactly (1.0 + value)); make (exactly (1.0 - value)) ]

    let private shear x = around (fun d -> affine { warp with ShearX = d }) (atan x * 180.0 / System.Math.PI)

    let private shearDown y =
        around (fun d -> affine { warp with ShearY = d }) (atan y * 180.0 / System.Math.PI)

    /// Solarize at this share of 255 as bytes are compared: between two bytes, so that rounding decides nothing.
    let private solarizeBytes share =
        Augmentation.Solarize (exactly ((ceil (255.0 * share) - 0.5) / 255.0 |> max 0.0))

    /// The 14 operations of RandAugment (Cubuk et al. 2019) at a magnitude of 0 to 30, each that has a side by chance to either side.
    let randAugmentSpace magnitude =
        let m = float magnitude / 30.0
        [
            identity
            shear (0.3 * m)
            shearDown (0.3 * m)
            around (fun d -> affine { warp with Right = d }) (150.0 / 331.0 * m)
            around (fun d -> affine { warp with Down = d }) (150.0 / 331.0 * m)
            around (fun d -> affine { warp with Degrees = d }) (30.0 * m)
            factor Augmentation.Brightness (0.9 * m)
            factor Augmentation.Saturation (0.9 * m)
            factor Augmentation.Contrast (0.9 * m)
            factor Augmentation.Sharpness (0.9 * m)
            posterize (8 - int (System.Math.Round (4.0 * m)))
            solarizeBytes (1.0 - m)
            autoContrast
            equalize
        ]

    /// RandAugment: this many operations in a row, each one of the 14, at one magnitude of 0 to 30.
    let randAugment count magnitude = augment (List.replicate count (oneOf (randAugmentSpace magnitude)))

    /// FixMatch's and UDA's RandAugment: this many operations in a row, each applied with probability 1/2, each one of the 14 at a magnitude
    /// drawn from 1 to 9 tenths (google-research/fixmatch).
    let randAugmentHalf count =
        let levels = [ for tenth in 1..9 -> oneOf (randAugmentSpace (3 * tenth)) ]
        augment (List.replicate count (sometimes 0.5 (oneOf levels)))

    let private named name magnitude =
        let m = float magnitude / 9.0
        match name with
        | "shearX" -> shear (0.3 * m)
        | "rotate" -> around (fun d -> affine { warp with Degrees = d }) (30.0 * m)
        | "color" -> factor Augmentation.Saturation (0.9 * m)
        | "contrast" -> factor Augmentation.Contrast (0.9 * m)
        | "sharpness" -> factor Augmentation.Sharpness (0.9 * m)
        | "posterize" -> posterize (8 - int (System.Math.Round (4.0 * m)))
        | "solarize" -> solarizeBytes (1.0 - m)
        | "autoContrast" -> autoContrast
        | "equalize" -> equalize
        | "invert" -> invert
        | other -> invalidArg (nameof name) $"there is no operation {other} in AutoAugment's table"

    /// AutoAugment's ImageNet policy (Cubuk et al. 2018, table 9): one of 25 pairs, each operation with its own probability.
    let autoAugment =
        [
            ("posterize", 0.4, 8), ("rotate", 0.6, 9)
            ("solarize", 0.6, 5), ("autoContrast", 0.6, 0)
            ("equalize", 0.8, 0), ("equalize", 0.6, 0)
            ("posterize", 0.6, 7), ("posterize", 0.6, 6)
            ("equalize", 0.4, 0), ("solarize", 0.2, 4)
            ("equalize", 0.4, 0), ("rotate", 0.8, 8)
            ("solarize", 0.6, 3), ("equalize", 0.6, 0)
            ("posterize", 0.8, 5), ("equalize", 1.0, 0)
            ("rotate", 0.2, 3), ("solarize", 0.6, 8)
            ("equalize", 0.6, 0), ("posterize", 0.4, 6)
            ("rotate", 0.8, 8), ("color", 0.4, 0)
            ("rotate", 0.4, 9), ("equalize", 0.6, 0)
            ("equalize", 0.0, 0), ("equalize", 0.8, 0)
            ("invert", 0.6, 0), ("equalize", 1.0, 0)
            ("color", 0.6, 4), ("contrast", 1.0, 8)
            ("rotate", 0.8, 8), ("color", 1.0, 2)
            ("color", 0.8, 8), ("solarize", 0.8, 7)
            ("sharpness", 0.4, 7), ("invert", 0.6, 0)
            ("shearX", 0.6, 5), ("equalize", 1.0, 0)
            ("color", 0.4, 0), ("equalize", 0.6, 0)
            ("equalize", 0.4, 0), ("solarize", 0.2, 4)
            ("solarize", 0.6, 5), ("autoContrast", 0.6, 0)
            ("invert", 0.6, 0), ("equalize", 1.0, 0)
            ("color", 0.6, 4), ("contrast", 1.0, 8)
            ("equalize", 0.8, 0), ("equalize", 0.6, 0)
        ]
        |> List.map (fun ((a, p, m), (b, q, n)) ->
            augment [ sometimes p (named a m); sometimes q (named b n) ])
        |> oneOf
