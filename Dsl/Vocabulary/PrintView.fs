namespace Vantage

open System
open Microsoft.FSharp.Reflection

/// Augmentations as F# that reads back.
module PrintView =
    open Literal

    let private caseOf (value: Augmentation) =
        (fst (FSharpValue.GetUnionFields (value, typeof<Augmentation>))).Name

    /// A distribution.
    let distribution =
        function
        | Distribution.Exactly x -> $"Distribution.Exactly {number x}"
        | Distribution.Uniform (low, high) -> $"Distribution.Uniform ({number low}, {number high})"
        | Distribution.LogUniform (low, high) -> $"Distribution.LogUniform ({number low}, {number high})"

    let private resampling (r: Resampling) = $"Resampling.%A{r}"

    let private affine (w: Warp) =
        let fields = [
            nameof w.Degrees, distribution w.Degrees
            nameof w.Right, distribution w.Right
            nameof w.Down, distribution w.Down
            nameof w.Scale, distribution w.Scale
            nameof w.ShearX, distribution w.ShearX
            nameof w.ShearY, distribution w.ShearY
            nameof w.Fill, number w.Fill
        ]
        let text = fields |> List.map (fun (name, value) -> $"{name} = {value}")
        "{ " + String.Join ("; ", List.toArray text) + " }"

    let private mask =
        function
        | MaskShape.Scattered -> "MaskShape.Scattered"
        | MaskShape.Blocks smallest -> $"MaskShape.Blocks {plain smallest}"

    let private pixels (n: int<px>) = whole (nameof px) (int n)

    /// The arguments of an operation, as F# that reads back; none where it has none.
    let private arguments (operation: Augmentation) =
        match operation with
        | Augmentation.Crop (size, area, aspect, by) -> [
            pixels size
            distribution area
            distribution aspect
            resampling by
          ]
        | Augmentation.Resize (shorter, by) -> [ pixels shorter; resampling by ]
        | Augmentation.CenterCrop size -> [ pixels size ]
        | Augmentation.QuarterTurns n
        | Augmentation.DropChannels n
        | Augmentation.Posterize n -> [ plain n ]
        | Augmentation.Affine warp -> [ affine warp ]
        | Augmentation.Brightness d
        | Augmentation.AddBrightness d
        | Augmentation.Contrast d
        | Augmentation.ContrastByChannel d
        | Augmentation.Saturation d
        | Augmentation.Hue d
        | Augmentation.Solarize d
        | Augmentation.Sharpness d
        | Augmentation.BoxBlur d
        | Augmentation.Noise d -> [ distribution d ]
        | Augmentation.Blur (sigma, None) -> [ distribution sigma; "None" ]
        | Augmentation.Blur (sigma, Some taps) -> [ distribution sigma; $"Some {plain taps}" ]
        | Augmentation.Cutout (side, value) -> [ pixels side; number value ]
        | Augmentation.RandomErasing (area, aspect, value) -> [
            distribution area
            distribution aspect
            number value
          ]
        | Augmentation.MaskPatches (patch, share, shape) -> [ pixels patch; distribution share; mask shape ]
        | Augmentation.Jigsaw (grid, patch) -> [ plain grid; pixels patch ]
        | Augmentation.PatchGrid (patch, stride) -> [ pixels patch; pixels stride ]
        | Augmentation.KeepChannels (first, count) -> [ plain first; plain count ]
        | Augmentation.Standardize (mean, deviation) -> [
            list (List.map number mean)
            list (List.map number deviation)
          ]
        | Augmentation.FlipHorizontal
        | Augmentation.FlipVertical
        | Augmentation.Grayscale
        | Augmentation.ShuffleChannels
        | Augmentation.Invert
        | Augmentation.AutoContrast
        | Augmentation.Equalize
        | Augmentation.Sobel
        | Augmentation.Lab
        | Augmentation.Sequence _
        | Augmentation.AnyOrder _
        | Augmentation.Sometimes _
        | Augmentation.OneOf _
        | Augmentation.Pick _ -> []

    /// An augmentation.
    let rec augmentation =
        function
        | Augmentation.Sequence steps -> $"Augmentation.Sequence {list (List.map augmentation steps)}"
        | Augmentation.AnyOrder steps -> $"Augmentation.AnyOrder {list (List.map augmentation steps)}"
        | Augmentation.Sometimes (p, step) -> $"Augmentation.Sometimes ({number p}, {augmentation step})"
        | Augmentation.OneOf choices ->
            let choice (weight, step) = $"({number weight}, {augmentation step})"
            $"Augmentation.OneOf {list (List.map choice choices)}"
        | Augmentation.Pick (count, steps) ->
            $"Augmentation.Pick ({plain count}, {list (List.map augmentation steps)})"
        | operation ->
            let arguments = arguments operation
            let name = $"Augmentation.{caseOf operation}"
            if arguments.IsEmpty then
                name
            else
                let list = String.Join (", ", List.toArray arguments)
                $"{name} ({list})"
