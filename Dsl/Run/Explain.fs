namespace Vantage

open System
open System.Globalization
open TorchSharp

/// What a recipe will do, before it does it.
module Explain =
    let private group (n: int64) = n.ToString ("#,0", CultureInfo.InvariantCulture)

    let private million (x: float) = (x / 1e6).ToString("#,0.00", CultureInfo.InvariantCulture)

    let private kind =
        function
        | CollapseKind.Complete -> "complete"
        | CollapseKind.Dimensional -> "dimensional"
        | CollapseKind.Cluster -> "cluster"
        | CollapseKind.Oscillation -> "oscillation"

    let private finding (finding: Finding) = [
        if finding.Applies then
            let name = kind finding.Kind
            if finding.Prevented.IsEmpty then
                $"  {name, -12} nothing known prevents it"
            for i, p in List.indexed finding.Prevented do
                let by =
                    match p.By with
                    | [] -> "the objective itself"
                    | several -> several |> List.map Mechanism.kind |> String.concat ", "
                let where = if p.InLoss then "in the loss" else "in training, not in the loss"
                $"""  {(if i = 0 then name else ""), -12} {by} ({where}): {p.Why}"""
                $"""  {"", -12}   ({p.Source})"""
    ]

    let private numbers objective avoid =
        let n = CollapseNumbers.measure objective avoid
        let stays =
            if CollapseNumbers.apartAfter 20 0.0 objective avoid < 1e-6 then
                "stays there"
            else
                "leaves it"
        let show (x: float) = x.ToString ("0.###", CultureInfo.InvariantCulture)
        let moves =
            if n.Apart > 1e-4 then "moves images apart"
            elif n.Apart < -1e-4 then "moves them closer"
            else "leaves them as far apart as they are"
        [
            $"  measured on 64 images of 8 values: the loss of one embedding for all is {show n.Constant}, of a line {show n.OneDimension}, of spread ones {show n.Spread};"
            $"  the gradient at one embedding for all is {show n.Gradient}; near it a step {moves};"
            $"  training that starts at exactly one embedding for all {stays}, by embeddings alone under these mechanisms"
        ]

    /// What prevents each kind of collapse.
    let collapse (recipe: Recipe) = Collapse.findings recipe.Objective recipe.Avoid |> List.collect finding

    let private dimensionsOf (view: Vantage.Kernels.ViewShape) =
        let one = $"{view.Channels} x {view.Height} x {view.Width}"
        if view.Tiles = 1 then one else $"{view.Tiles} tiles of {one}"

    /// The passes over the pixels that the SIMD engine makes for the fullest of 64 draws of a view.
    let passes (shape: ImageShape) (seed: uint64) (plan: Plan) =
        let channels, height, width = shape.Channels, int shape.Height, int shape.Width
        let rows =
            Array.init 64 (fun i ->
                let row = Array.zeroCreate<Vantage.Kernels.Step> plan.Slots
                Draw.row plan { Seed = seed; Epoch = 0; Image = int64 i; View = 0 } height width row 0
                row)
        let full (row: Vantage.Kernels.Step array) =
            row
            |> Array.filter (fun step -> step.Operation <> Vantage.Kernels.Operation.None)
            |> Array.length
        let image =
            Vantage.Kernels.Image (
                Array.zeroCreate<byte>(channels * height * width),
                0,
                channels,
                height,
                width
            )
        Vantage.Kernels.Simd.SimdEngine.Passes (
            image,
            ReadOnlySpan (rows |> Array.maxBy full),
            Views.shape channels height width plan
        )
        |> List.ofSeq

    // So many times a layer runs for one image: once for each of its tiles or patches.
    let private times (layer: LayerTrace) = layer.Output.Head

    /// The layers that one view of this shape meets, encoder first, with output shapes, tiles and patches first, and multiply-adds of each of them.
    let layers (network: Network) (view: Vantage.Kernels.ViewShape) =
        let one = [| int64 view.Channels; int64 view.Height; int64 view.Width |]
        let size = Array.concat [ [| 1L |]; (if view.Tiles = 1 then [||] else [| int64 view.Tiles |]); one ]
        let trace = ResizeArray ()
        network.Training <- false
        network.Weights.Trace <- Some trace
        try
            Scope.scoped (fun () ->
                Scope.withoutGradient (fun () ->
                    let x = (torch.zeros size).``to`` network.Weights.Device
                    match network.Ahead, network.Compare with
                    | Some ahead, _ -> ahead x |> ignore
                    | None, Some compare -> compare x |> ignore
                    | None, None when network.Restore.IsSome ->
                        let it = network.Restore.Value
                        let places = view.Height / it.Patch * (view.Width / it.Patch)
                        let seen = places - int (it.Share * float places)
                        let shown = torch.arange(int64 seen).unsqueeze(0L).``to`` x.device
                        it.Through x shown ((torch.zeros 1L).``to`` x.device) |> ignore
                    | None, None when network.Rivals.IsSome ->
                        let rivals = network.Rivals.Value
                        let h = network.Encode x
                        let code = network.Project h + rivals.Deviation h
                        let judges = rivals.Judges ()
                        let seen = judges.Image true (torch.cat ([| x; rivals.Make code |], 0L))
                        let read = judges.Code true (torch.cat ([| code; code |], 0L))
                        judges.Score true seen read |> ignore
                    | None, None ->
                        for tower in network.Online.Towers do
                            tower.Embed x |> network.Predict |> ignore))
        finally
            network.Weights.Trace <- None
            network.Training <- true
        List.ofSeq trace

    let private isPredictor (layer: LayerTrace) = layer.Layer.StartsWith "predictor."

    /// What a step costs for one image, given the layers that each view meets, global ones first: multiply-adds, forward and backward for what learns and forward for what a
    /// momentum target makes, and how many values layers give that wait for the backward pass.
    let cost (recipe: Recipe) (traces: LayerTrace list list) =
        let macs layers = layers |> List.sumBy (fun l -> times l * l.Macs)
        let values layers = layers |> List.sumBy (fun l -> List.fold (*) 1L l.Output)
        let globals = traces |> List.truncate (Recipe.globals recipe).Length
        let learnt, sought =
            match recipe.Objective, Mechanism.negatives recipe.Avoid with
            | Objective.InfoNce (_, false), Some (Negatives.InBatch | Negatives.Queue _) ->
                [ traces.Head ], [ List.last globals ]
            | _ -> traces, globals
        let targets =
            if (Mechanism.momentum recipe.Avoid).IsSome then
                sought |> List.sumBy (List.filter (isPredictor >> not) >> macs)
            else
                0L
        3L * List.sumBy macs learnt + targets, List.sumBy values learnt

    // The views, global ones first as they are compared, and the layers that each meets.
    let private traces (recipe: Recipe) network shapes =
        let key (s: Vantage.Kernels.ViewShape) = s.Tiles, s.Channels, s.Height, s.Width
        let ordered =
            List.zip recipe.Views shapes
            |> List.sortBy (function
                | View.Global _, _ -> 0
                | View.Local _, _ -> 1)
            |> List.map snd
        let traced =
            ordered
            |> List.distinctBy key
            |> List.map (fun s -> key s, layers network s)
            |> Map
        ordered, ordered |> List.map (fun s -> traced[key s])

    let private footprintOf recipe shape views traced weights values =
        let largest =
            List.concat traced
            |> List.map (fun layer -> List.fold (*) 1L layer.Output)
            |> List.max
        Footprint.ofLayers recipe shape views weights values largest

    let private shapesOf recipe (shape: ImageShape) =
        Recipe.augmentations recipe
        |> List.map (
            Plan.ofAugmentation
            >> Views.shape shape.Channels (int shape.Height) (int shape.Width)
        )

    let private weightsOf (network: Network) =
        network.Weights.Parameters |> List.sumBy (fun (_, t) -> t.numel ())

    /// The memory that a run of the recipe takes on images of this shape, on the CPU.
    let footprint (recipe: Recipe) (shape: ImageShape) =
        let network = Network.ofRecipe torch.CPU shape.Channels recipe
        let views, traced = traces recipe network (shapesOf recipe shape)
        footprintOf recipe shape views traced (weightsOf network) (snd (cost recipe traced))

    // What batches in pieces mean for gradients, negatives and statistics.
    let private pieces (recipe: Recipe) = [
        let accumulated, cached = Rule.pieces recipe.Optimizer.Rule, Passes.pieces recipe.Passes
        let compared = Recipe.compared recipe
        let (Head layers) = recipe.Projector
        let inHead =
            layers
            |> List.exists (function
                | Layer.BatchNorm _ -> true
                | _ -> false)
        let norms = Encoder.normsOverBatch recipe.Encoder || inHead
        if accumulated > 1 then
            $"  gradients are accumulated over {accumulated} pieces of {compared} images: the gradient of {recipe.Batch} where the loss is a mean over images"
            if not (Recipe.isMeanOverImages recipe) then
                $"  here it is not: images are compared within a piece of {compared} only"
                if Recipe.comparesViews recipe then
                    $"  (for all {recipe.Batch} use inPieces {accumulated} in place of Rule.Accumulated, which caches gradients)"
        if cached > 1 then
            $"  embeddings are made in {cached} pieces of {Recipe.inNetwork recipe} images, then again with gradients: the gradient of {compared} images, in the memory of a piece and for one more forward pass"
        if accumulated * cached > 1 && norms then
            $"  batch norm takes its statistics over a piece, not over {recipe.Batch} images"
    ]

    /// The explanation as text. `channels` and the image size come from the data set.
    let recipe (recipe: Recipe) (shape: ImageShape) =
        let plans = Recipe.augmentations recipe |> List.map Plan.ofAugmentation
        let shapes = shapesOf recipe shape
        let view = shapes.Head
        let network = Network.ofRecipe torch.CPU shape.Channels recipe
        let shown = layers network view
        let parameters = weightsOf network
        let ordered, traced = traces recipe network shapes
        let macs, values = cost recipe traced
        let images = recipe.Batch + Objective.labelledBeside recipe.Objective
        let footprint = footprintOf recipe shape ordered traced parameters values
        let steps = shape.Images / recipe.Batch
        let dimensions (output: int64 list) =
            let each = if output.Head = 1L then output.Tail else output
            each |> List.map string |> String.concat " x "
        String.concat "\n" [
            $"{recipe.Name}: {recipe.Source.Paper}, {recipe.Source.Where}"
            $"fingerprint {Print.fingerprint recipe}"
            ""
            $"data        {recipe.Data}: {group shape.Images} images, {shape.Channels} x {int shape.Height} x {int shape.Width}"
            for i, (plan, view) in List.indexed (List.zip plans shapes) do
                $"view {i + 1}      {dimensionsOf view}; {plan.Sites} draws, {plan.Slots} steps"
                yield! Plan.explain plan |> List.map (fun line -> "  " + line)
                let rewritten, used = Rewrite.plan plan
                if used <> [] then
                    let names = String.concat ", " used
                    $"  runs as ({names}):"
                    yield! Plan.explain rewritten |> List.map (fun line -> "    " + line)
                let rewritten = fst (Rewrite.plan plan)
                let passes = passes shape recipe.Seed rewritten
                $"  {passes.Length} passes over the pixels of the fullest of 64 draws:"
                for k, pass in List.indexed passes do
                    $"    {k + 1}. {pass}"
                let mean, deviation = plan.Standardize
                $"  then (x - %A{mean}) / %A{deviation}"
            ""
            $"network     {Print.encoder recipe.Encoder}, {group parameters} parameters, h has {network.Width} values, z {network.Embedding}"
            if Encoder.isResidual recipe.Encoder then
                Layouts.explain recipe.Precision
            for layer in shown do
                $"  {layer.Layer, -28} {dimensions layer.Output, -16} {million (float (times layer * layer.Macs)), 10} M multiply-adds"
            ""
            $"a step      {recipe.Batch} images, {recipe.Views.Length} views each: {million (2.0 * float macs * float images / 1e3)} GFLOP"
            $"memory      {Footprint.words footprint}"
            yield! pieces recipe
            $"the run     {int recipe.Epochs} epochs of {group steps} steps; rate {Print.schedule recipe.Optimizer.Rate}"
            "evaluation  of the encoder as it is, or of a copy that is fine-tuned, beside a random one and raw pixels:"
            for protocol in recipe.Evaluate do
                $"  {Protocol.name protocol, -14} {Protocol.words protocol}"
            "collapse    what prevents it:"
            yield! collapse recipe
            yield! numbers recipe.Objective recipe.Avoid
        ]
