namespace Vantage

open System
open Vantage.Kernels

/// Makes views of images: plans, draws and a view engine together.
type Viewer = {
    Plans: Plan list
    Shapes: ViewShape list
    Engine: IViewEngine
    /// What every image goes through before it is looked at without augmentation: a change of what its channels mean.
    Channel: Augmentation list
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

    /// The views of images by a plan, image i by its own draws: the values and the rows of steps that made them.
    let ofPlan (engine: IViewEngine) (plan: Plan) (images: Image array) (draws: Draws array) threads =
        let table = Array.zeroCreate<Step>(images.Length * plan.Slots)
        for i in 0 .. images.Length - 1 do
            Draw.row plan draws[i] images[i].Height images[i].Width table (i * plan.Slots)
        let shape = shape images[0].Channels images[0].Height images[0].Width plan
        let values = Array.create (images.Length * shape.Length) nanf
        engine.Render (
            ReadOnlyMemory<Image> images,
            ReadOnlyMemory<Step> table,
            plan.Slots,
            shape,
            Memory<float32> values,
            threads
        )
        values, table

    /// The views of a recipe's images, made by this engine. Where all views share one shape the training engine runs them as one batch.
    let viewer (engine: IViewEngine) channels height width (recipe: Recipe) : Viewer =
        let plans =
            Recipe.augmentations recipe
            |> List.map (Plan.ofAugmentation >> Rewrite.plan >> fst)
        let shapes = plans |> List.map (shape channels height width)
        {
            Plans = plans
            Shapes = shapes
            Engine = engine
            Channel = Recipe.augmentations recipe |> List.head |> Augmentation.channelSteps
            Seed = recipe.Seed
        }

    /// Where each view of a batch of n images starts in the batch's buffer, and after the last one its length.
    let offsets (viewer: Viewer) n =
        (0, viewer.Shapes)
        ||> List.scan (fun start shape -> start + n * shape.Length)
        |> List.toArray

    /// What is drawn for each view of an image of this size.
    let rows viewer epoch index (height, width) =
        viewer.Plans
        |> List.mapi (fun view plan ->
            let row = Array.zeroCreate<Step> plan.Slots
            let draws = { Seed = viewer.Seed; Epoch = epoch; Image = int64 index; View = view }
            Draw.row plan draws height width row 0
            row)
        |> List.toArray

    /// An image of a split, decoded no larger than its views need, and the rows of all its views for what was decoded.
    let source viewer epoch index (split: Split) : struct (Image * Step array array) =
        match split.Encoded with
        | None ->
            let image = split.Read index
            struct (image, rows viewer epoch index (image.Height, image.Width))
        | Some read ->
            let encoded = read index
            let size = encoded.Height, encoded.Width
            let rows = rows viewer epoch index size
            let image = encoded.Decode (Scaling.denominator rows)
            struct (image, rows |> Array.map (Scaling.onto image size))

    /// All views of a batch into `into`, view by view; view v of image i lies at offsets[v] + i x the length of that view. `rows` holds for each
    /// image the steps of each view.
    let renderRows viewer (images: Image array) (rows: Step array array array) threads (into: float32 array) =
        let n = images.Length
        let starts = offsets viewer n
        viewer.Shapes
        |> List.iteri (fun view shape ->
            viewer.Engine.Render (
                ReadOnlyMemory<Image> images,
                ReadOnlyMemory<Step>(rows |> Array.collect (fun row -> row[view])),
                viewer.Plans[view].Slots,
                shape,
                Memory<float32>(into, starts[view], n * shape.Length),
                threads
            ))

    /// All views of these images, drawn for their own sizes. Image i of the batch is number `indices[i]` of its set.
    let render viewer epoch (indices: int array) (images: Image array) threads into =
        let rows =
            Array.map2
                (fun index (image: Image) -> rows viewer epoch index (image.Height, image.Width))
                indices
                images
        renderRows viewer images rows threads into

    /// The view that these steps make of an image, whatever was drawn: the steps and the values (standardized, channels x height x width).
    let ofSteps viewer (image: Image) (row: Step array) view =
        let shape = viewer.Shapes[view]
        let values = Array.zeroCreate<float32> shape.Length
        viewer.Engine.Render (
            ReadOnlyMemory<Image> [| image |],
            ReadOnlyMemory<Step> row,
            row.Length,
            shape,
            Memory<float32> values,
            1
        )
        row, values

    /// One view of one image, made again alone: its steps and its values (standardized, channels x height x width).
    let replay viewer epoch index (image: Image) view =
        let drawn = rows viewer epoch index (image.Height, image.Width)
        ofSteps viewer image drawn[view] view

    /// The same from a split, decoded as in training: the very pixels that training saw.
    let replayFrom viewer epoch index split view =
        let struct (image, rows) = source viewer epoch index split
        ofSteps viewer image rows[view] view

    /// The shape of whole images of a split without augmentation.
    let plainShape (viewer: Viewer) (split: Split) =
        let shape = viewer.Shape
        ViewShape (shape.Channels, split.Height, split.Width, shape.Mean, shape.Deviation)

    /// Whole images without augmentation, standardized as the recipe says, for evaluation. An image of another size is
    /// cut to the largest centred box of the same aspect and resized.
    let plain (viewer: Viewer) (shape: ViewShape) (images: Image array) threads (into: float32 array) =
        let fits =
            images
            |> Array.forall (fun i -> i.Height = shape.Height && i.Width = shape.Width)
        let centred (image: Image) =
            let scale = min (float image.Height / float shape.Height) (float image.Width / float shape.Width)
            let h = max 1 (int (scale * float shape.Height))
            let w = max 1 (int (scale * float shape.Width))
            let top, left = (image.Height - h) / 2, (image.Width - w) / 2
            Step (Operation.Crop, float32 top, float32 left, float32 h, float32 w)
        let after = [|
            for step in viewer.Channel do
                match step with
                | Augmentation.KeepChannels (first, count) ->
                    Step (Operation.Select, float32 first, float32 count, 0.0f, 0.0f)
                | _ -> Step (Operation.Lab, 0.0f, 0.0f, 0.0f, 0.0f)
        |]
        let table =
            images
            |> Array.collect (fun image -> if fits then after else Array.append [| centred image |] after)
        viewer.Engine.Render (
            ReadOnlyMemory<Image> images,
            ReadOnlyMemory<Step> table,
            (if fits then after.Length else after.Length + 1),
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
