namespace Vantage

open System
open Vantage.Kernels

/// Makes views of images: plans, draws and a view engine together.
type Viewer = {
    Plans: Plan list
    Shapes: ViewShape list
    Engine: IViewEngine
    Seed: uint64
} with

    /// The first view's shape; of views that share a forward pass, every one's.
    member this.Shape = this.Shapes.Head

/// Views of images.
module Views =
    let private spread channels (values: float list) =
        match values with
        | [ one ] -> Array.create channels (float32 one)
        | many -> many |> List.map float32 |> List.toArray

    /// The shape of the views of images with these channels and this size.
    let shape channels height width (plan: Plan) =
        let mean, deviation = plan.Standardize
        let channels = Option.defaultValue channels plan.Channels
        let shape tiles h w =
            ViewShape (channels, h, w, spread channels mean, spread channels deviation, Tiles = tiles)
        match plan.Tiles, plan.Extent with
        | Some (count, side), _ -> shape count (int side) (int side)
        | None, Sized (h, w) -> shape 1 (int h) (int w)
        | None, Stored -> shape 1 height width
        | None, Shorter side ->
            invalidOp
                $"a view whose shorter side is {int side} px has no shape of its own; `check` names the step"

    /// The views of a recipe's images, made by this engine. Where all views share one shape the training engine runs them as one batch.
    let viewer (engine: IViewEngine) channels height width (recipe: Recipe) : Viewer =
        let plans =
            Recipe.augmentations recipe
            |> List.map (Plan.ofAugmentation >> Rewrite.plan >> fst)
        let shapes = plans |> List.map (shape channels height width)
        { Plans = plans; Shapes = shapes; Engine = engine; Seed = recipe.Seed }

    /// Where each view of a batch of n images starts in the batch's buffer, and after the last one its length.
    let offsets (viewer: Viewer) n =
        (0, viewer.Shapes)
        ||> List.scan (fun start shape -> start + n * shape.Length)
        |> List.toArray

    /// The table of one view of these images: `plan.Slots` steps for each.
    let table viewer epoch view (indices: int array) (images: Image array) =
        let plan = viewer.Plans[view]
        let table = Array.zeroCreate<Step>(images.Length * plan.Slots)
        for i in 0 .. images.Length - 1 do
            let draws = { Seed = viewer.Seed; Epoch = epoch; Image = int64 indices[i]; View = view }
            Draw.row plan draws images[i].Height images[i].Width table (i * plan.Slots)
        table

    /// All views of a batch into `into`, view by view; view v of image i lies at offsets[v] + i x the length of that view. Image i of the
    /// batch is number `indices[i]` of its set.
    let render viewer epoch (indices: int array) (images: Image array) threads (into: float32 array) =
        let n = images.Length
        let starts = offsets viewer n
        viewer.Shapes
        |> List.iteri (fun view shape ->
            let table = table viewer epoch view indices images
            viewer.Engine.Render (
                ReadOnlyMemory<Image> images,
                ReadOnlyMemory<Step> table,
                viewer.Plans[view].Slots,
                shape,
                Memory<float32>(into, starts[view], n * shape.Length),
                threads
            ))

    /// One view of one image, made again alone: its steps and its values (standardized, channels x height x width).
    let replay viewer epoch index (image: Image) view =
        let table = table viewer epoch view [| index |] [| image |]
        let shape = viewer.Shapes[view]
        let values = Array.zeroCreate<float32> shape.Length
        viewer.Engine.Render (
            ReadOnlyMemory<Image> [| image |],
            ReadOnlyMemory<Step> table,
            viewer.Plans[view].Slots,
            shape,
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
