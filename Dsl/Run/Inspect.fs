namespace Vantage

open System
open Vantage.Kernels

/// Looks at augmentations: views as pictures with what was drawn, intensities of crops, values of parameters.
[<RequireQualifiedAccess>]
module Inspect =
    /// What a step did, in words; none for a closed gate.
    let caption (step: Step) =
        match step.Operation with
        | Operation.None -> None
        | Operation.Crop -> Some $"crop {step.C:F0} x {step.D:F0} at {step.A:F0}, {step.B:F0}"
        | Operation.FlipHorizontal -> Some "flip"
        | Operation.FlipVertical -> Some "flip vertical"
        | Operation.Rotate90 -> Some $"turn {90.0f * step.A:F0} degrees"
        | Operation.Affine ->
            Some $"affine {step.A:F2} {step.B:F2} {step.C:F1} / {step.D:F2} {step.E:F2} {step.F:F1}"
        | Operation.Add -> Some $"brightness plus {step.A:F2}"
        | Operation.ContrastByChannel -> Some $"contrast by channel {step.A:F2}"
        | Operation.Erase -> Some $"erase {step.C:F0} x {step.D:F0} at {step.A:F0}, {step.B:F0}"
        | Operation.Mask ->
            let bits (x: float32) = Numerics.BitOperations.PopCount (uint32 x)
            Some $"mask {bits step.C + bits step.D + bits step.E + bits step.F} patches of {step.A:F0} px"
        | Operation.Channels -> Some $"channels {step.A:F0} {step.B:F0} {step.C:F0}"
        | Operation.Tile -> None
        | Operation.Grayscale
        | Operation.Invert
        | Operation.AutoContrast
        | Operation.Equalize
        | Operation.Lab
        | Operation.Sobel
        | Operation.Select -> Some ((string step.Operation).ToLowerInvariant())
        | other -> Some $"{(string other).ToLowerInvariant()} {step.A:F2}"

    /// White pixels between the tiles of a view.
    let private gap = 2

    /// A view's values as they would be shown: tiles side by side, two channels or more than three as their first.
    let tile (shape: ViewShape) (values: float32 array) =
        let bare = Views.unstandardize shape values
        let area = shape.Height * shape.Width
        let across = int (ceil (sqrt (float shape.Tiles)))
        let down = (shape.Tiles + across - 1) / across
        let channels = if shape.Channels = 3 then 3 else 1
        let height = down * (shape.Height + gap) - gap
        let width = across * (shape.Width + gap) - gap
        let pixels = Array.create (channels * height * width) 1.0f
        for t in 0 .. shape.Tiles - 1 do
            for c in 0 .. channels - 1 do
                for y in 0 .. shape.Height - 1 do
                    let row = c * height + t / across * (shape.Height + gap) + y
                    Array.blit
                        bare
                        (t * shape.TileLength + c * area + y * shape.Width)
                        pixels
                        (row * width + t % across * (shape.Width + gap))
                        shape.Width
        Picture.ofFloats channels height width pixels

    /// The image as it is stored, no higher than its views are shown.
    let private source (image: Image) highest =
        let height = min image.Height (max highest 16)
        let width = max 1 (image.Width * height / image.Height)
        let channels = if image.Channels = 3 then 3 else 1
        let values = Array.zeroCreate<float32>(channels * height * width)
        let whole = Step (Operation.Crop, 0.0f, 0.0f, float32 image.Height, float32 image.Width)
        let shape = ViewShape (channels, height, width, Array.zeroCreate channels, Array.create channels 1.0f)
        let steps =
            if channels = image.Channels then
                [| whole |]
            else
                [| whole; Step (Operation.Select, 0.0f, 1.0f, 0.0f, 0.0f) |]
        ViewEngine
            .Best()
            .Render(
                ReadOnlyMemory [| image |],
                ReadOnlyMemory steps,
                steps.Length,
                shape,
                Memory<float32> values,
                1
            )
        Picture.ofFloats channels height width values

    let private viewerOf (augmentation: Augmentation) (image: Image) seed =
        match CheckView.errors augmentation with
        | [] -> ()
        | errors ->
            errors
            |> List.map RecipeError.message
            |> String.concat "\n"
            |> invalidArg (nameof augmentation)
        let plan = Plan.ofAugmentation augmentation
        {
            Plans = [ plan ]
            Shapes = [ Views.shape image.Channels image.Height image.Width plan ]
            Engine = ViewEngine.Best ()
            Channel = Augmentation.channelSteps augmentation
            Seed = seed
        }

    /// Images and `count` views of each with what was drawn, as rows of a picture.
    let rows augmentation count (images: Image list) =
        images
        |> List.mapi (fun i image ->
            let viewer = viewerOf augmentation image 0UL
            let views = [
                for epoch in 0 .. count - 1 do
                    let steps, values = Views.replay viewer epoch i image 0
                    tile viewer.Shape values
                    |> Picture.withCaption (steps |> Array.toList |> List.choose caption)
            ]
            let highest = views |> List.map _.Height |> List.fold max 0
            {
                Label = ""
                Tiles = (source image highest |> Picture.withCaption [ $"image {i}" ]) :: views
            })

    let private columns count = "image" :: [ for k in 1..count -> $"view {k}" ]

    /// How many device pixels a pixel takes, so that a view is about 100 to 200 high.
    let private scale (rows: TileRow list) =
        let highest = rows |> List.collect _.Tiles |> List.map _.Height |> List.fold max 1
        max 1 (min 4 (160 / highest))

    /// Views of images as a PNG.
    let png augmentation count images =
        let rows = rows augmentation count images
        Picture.grid (scale rows) (columns count) rows

    /// Views of images as HTML, for a notebook.
    let html augmentation count images =
        let rows = rows augmentation count images
        Html.grid (scale rows) (columns count) rows

    /// The share of values in each of `bins` equal parts of low .. high, at the middle of each.
    let histogram bins low high (values: float array) =
        let counts = Array.zeroCreate<float> bins
        for x in values do
            let bin = int (float bins * (x - low) / (high - low))
            counts[max 0 (min (bins - 1) bin)] <- counts[max 0 (min (bins - 1) bin)] + 1.0
        let width = (high - low) / float bins
        Array.init bins (fun i -> low + (float i + 0.5) * width),
        counts |> Array.map (fun n -> n / float (max 1 values.Length))

    /// The outline of a histogram's bars, as a curve: up, along and down each bar, from 0 to 0.
    let private outline bins low high values =
        let _, heights = histogram bins low high values
        let edge i = low + (high - low) * float i / float bins
        let x = [|
            low
            yield! Array.collect (fun i -> [| edge i; edge (i + 1) |]) [| 0 .. bins - 1 |]
            high
        |]
        x, [| 0.0; yield! heights |> Array.collect (fun y -> [| y; y |]); 0.0 |]

    /// Histograms of the intensities, all channels together, of `count` views of one image: one panel for each augmentation. Crops of one image alone
    /// have the same intensities, a shortcut that colour distortion takes away (Chen et al. 2020, figure 6).
    let intensities (augmentations: (string * Augmentation) list) count (image: Image) : Chart.Panel list =
        augmentations
        |> List.map (fun (name, augmentation) ->
            let viewer = viewerOf augmentation image 0UL
            {
                Title = name
                XLabel = "intensity"
                YLabel = "share of values"
                LogY = false
                Series = [
                    for epoch in 0 .. count - 1 do
                        let _, values = Views.replay viewer epoch 0 image 0
                        let bare = Views.unstandardize viewer.Shape values |> Array.map float
                        let x, y = outline 32 0.0 1.0 bare
                        $"view {epoch + 1}", x, y
                ]
            })

    /// The numbers that a step shows of itself, with their names.
    let private numbers (height, width) (step: Step) =
        match step.Operation with
        | Operation.None
        | Operation.Tile
        | Operation.Mask
        | Operation.Select
        | Operation.FlipHorizontal
        | Operation.FlipVertical
        | Operation.Grayscale
        | Operation.Invert
        | Operation.AutoContrast
        | Operation.Equalize
        | Operation.Lab
        | Operation.Sobel
        | Operation.Channels -> []
        | Operation.Crop -> [
            "crop: share of the area", float step.C * float step.D / float (height * width)
            "crop: width over height", float step.D / float step.C
          ]
        | Operation.Erase -> [
            "erase: share of the area", float step.C * float step.D / float (height * width)
          ]
        | Operation.Affine ->
            // The step maps the view to the image; where it takes the image's centre is the other way round.
            let a, b, c = float step.A, float step.B, float step.C
            let d, e, f = float step.D, float step.E, float step.F
            let determinant = a * e - b * d
            [
                "affine: degrees", -(atan2 b a) * 180.0 / Math.PI
                "affine: pixels right", (b * f - e * c) / determinant
                "affine: pixels down", (d * c - a * f) / determinant
            ]
        | other -> [ (string other).ToLowerInvariant(), float step.A ]

    let private rowsOf augmentation count (height, width) =
        let plan = Plan.ofAugmentation augmentation
        Seq.init count (fun image ->
            let table = Array.zeroCreate<Step> plan.Slots
            Draw.row plan { Seed = 0UL; Epoch = 0; Image = int64 image; View = 0 } height width table 0
            table)

    /// How often each operation is done: the share of `count` views of images of one size in which it occurs.
    let rates augmentation count size =
        rowsOf augmentation count size
        |> Seq.collect (Seq.map _.Operation >> Seq.filter ((<>) Operation.None) >> Seq.distinct)
        |> Seq.countBy id
        |> Seq.map (fun (operation, times) -> operation, float times / float count)
        |> Seq.toList

    /// What the parameters of an augmentation look like: a histogram of each over `count` images of one size.
    let parameters augmentation count size : Chart.Panel list =
        rowsOf augmentation count size
        |> Seq.collect (Seq.collect (numbers size))
        |> Seq.toList
        |> List.groupBy fst
        |> List.map (fun (name, pairs) ->
            let values = pairs |> List.map snd |> List.toArray
            let low, high = Array.min values, Array.max values
            let low, high = if low = high then low - 0.5, high + 0.5 else low, high
            let x, y = outline 20 low high values
            {
                Title = $"{name} ({float values.Length / float count:P0} of views)"
                XLabel = "value"
                YLabel = "share"
                Series = [ name, x, y ]
                LogY = false
            })
