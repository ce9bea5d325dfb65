namespace Vantage

open System
open Vantage.Kernels

/// Makes views of images: plans, draws and a view engine together.
type Viewer = { Plans: Plan list; Shape: ViewShape; Engine: IViewEngine; Seed: uint64 }

/// Views of images.
module Views =
    let private spread channels (values: float list) =
        match values with
        | [ one ] -> Array.create channels (float32 one)
        | many -> many |> List.map float32 |> List.toArray

    /// The shape of the views of images with these channels; `height` and `width` where no crop decides.
    let shape channels height width (plan: Plan) =
        let mean, deviation = plan.Standardize
        let h, w =
            match plan.Size with
            | Some size -> int size, int size
            | None -> height, width
        ViewShape (channels, h, w, spread channels mean, spread channels deviation)

    /// The views of a recipe's images, made by this engine.
    let viewer (engine: IViewEngine) channels height width (recipe: Recipe) : Viewer =
        let plans = Recipe.augmentations recipe |> List.map Plan.ofAugmentation
        {
            Plans = plans
            Shape = shape channels height width plans.Head
            Engine = engine
            Seed = recipe.Seed
        }

    /// All views of a batch into `into`, view by view: view v of image i at (v * n + i) * length. Image i of the batch is
    /// number `indices[i]` of its set.
    let render viewer epoch (indices: int array) (images: Image array) threads (into: float32 array) =
        let n = images.Length
        viewer.Plans
        |> List.iteri (fun view plan ->
            let table = Array.zeroCreate<Step>(n * plan.Slots)
            for i in 0 .. n - 1 do
                let draws = { Seed = viewer.Seed; Epoch = epoch; Image = int64 indices[i]; View = view }
                Draw.row plan draws images[i].Height images[i].Width table (i * plan.Slots)
            let destination = Memory<float32>(into, view * n * viewer.Shape.Length, n * viewer.Shape.Length)
            viewer.Engine.Render (
                ReadOnlyMemory<Image> images,
                ReadOnlyMemory<Step> table,
                plan.Slots,
                viewer.Shape,
                destination,
                threads
            ))

    /// One view of one image, made again alone: its steps and its values (standardized, channels x height x width).
    let replay viewer epoch index (image: Image) view =
        let plan = viewer.Plans[view]
        let table = Array.zeroCreate<Step> plan.Slots
        let draws = { Seed = viewer.Seed; Epoch = epoch; Image = int64 index; View = view }
        Draw.row plan draws image.Height image.Width table 0
        let values = Array.zeroCreate<float32> viewer.Shape.Length
        viewer.Engine.Render (
            ReadOnlyMemory<Image> [| image |],
            ReadOnlyMemory<Step> table,
            plan.Slots,
            viewer.Shape,
            Memory<float32> values,
            1
        )
        table, values

    /// Whole images without augmentation, standardized as the recipe says, for evaluation. An image of another size is
    /// cut to the largest centred box of the same aspect and resized.
    let plain (engine: IViewEngine) (shape: ViewShape) (images: Image array) threads (into: float32 array) =
        let fits =
            images
            |> Array.forall (fun i -> i.Height = shape.Height && i.Width = shape.Width)
        let centred (image: Image) =
            let scale = min (float image.Height / float shape.Height) (float image.Width / float shape.Width)
            let h = max 1 (int (scale * float shape.Height))
            let w = max 1 (int (scale * float shape.Width))
            let top, left = (image.Height - h) / 2, (image.Width - w) / 2
            Step (Operation.Crop, float32 top, float32 left, float32 h, float32 w)
        let table = if fits then [||] else Array.map centred images
        engine.Render (
            ReadOnlyMemory<Image> images,
            ReadOnlyMemory<Step> table,
            (if fits then 0 else 1),
            shape,
            Memory<float32> into,
            threads
        )

    /// A view's values in [0, 1] again, for pictures.
    let unstandardize (shape: ViewShape) (values: float32 array) =
        let area = shape.Height * shape.Width
        values
        |> Array.mapi (fun i x ->
            let channel = i / area % shape.Channels
            x * shape.Deviation[channel] + shape.Mean[channel] |> max 0.0f |> min 1.0f)
