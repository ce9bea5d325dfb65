namespace Vantage

open System
open System.Globalization
open System.IO
open Vantage.Kernels

/// Pictures, charts and pages of a run.
[<RequireQualifiedAccess>]
module Show =
    /// Rows of a picture: each of the first `count` images and `each` pairs of its views in epochs 0, 1, ...
    let viewRows (viewer: Viewer) (split: Split) count each =
        [ 0 .. (min count split.Count) - 1 ]
        |> List.map (fun index ->
            let image = split.Read index
            let source =
                Picture.ofBytes image.Channels image.Height image.Width (image.Span.ToArray ())
                |> Picture.withCaption [ $"image {index}" ]
            let views = [
                for epoch in 0 .. each - 1 do
                    for view in 0 .. viewer.Plans.Length - 1 do
                        let steps, values = Views.replayFrom viewer epoch index split view
                        Inspect.tile viewer.Shapes[view] values
                        |> Picture.withCaption (steps |> Array.toList |> List.choose Inspect.caption)
            ]
            { Label = ""; Tiles = source :: views })

    /// Column labels of `viewRows`.
    let viewColumns (viewer: Viewer) each =
        "image"
        :: [
            for epoch in 0 .. each - 1 do
                for view in 1 .. viewer.Plans.Length do
                    $"view {view}, epoch {epoch}"
        ]

    /// Images of a recipe's set with two pairs of views each, as HTML for a notebook.
    let views (recipe: Recipe) count =
        Interop.NativeLibraries.Load ()
        let split = (Sets.load recipe.Data).Train
        let viewer = Views.viewer (ViewEngine.Best ()) split.Channels split.Height split.Width recipe
        Html.grid 3 (viewColumns viewer 2) (viewRows viewer split count 2)

    /// The panels of a run's curves.
    let panels (history: Metric list) : Chart.Panel list =
        let x = history |> List.map _.Epoch |> List.toArray
        let panel title unit log series : Chart.Panel = {
            Title = title
            XLabel = "epoch"
            YLabel = unit
            Series =
                series
                |> List.map (fun (name, pick) -> name, x, history |> List.map pick |> List.toArray)
            LogY = log
        }
        [
            panel "Loss" "loss" false [ "loss", _.Loss ]
            panel "Contrastive task" "share" false [ "accuracy", _.Accuracy ]
            panel "Spread of embeddings (1: even, 0: collapse)" "std of z / |z| x root d" false [
                "spread", _.Spread
            ]
            panel "Effective rank of embeddings" "RankMe" false [ "rank", _.Rank ]
            panel "Alignment (0: both views agree)" "squared distance" false [ "alignment", _.Alignment ]
            panel "Uniformity (lower: more even, 0: collapse)" "log mean exp (-2 |x - y|^2)" false [
                "uniformity", _.Uniformity
            ]
            panel "Learning rate" "rate" false [ "rate", _.Rate ]
            if history |> List.exists _.Online.IsSome then
                let tested = history |> List.filter _.OnlineTest.IsSome
                let curve name (lines: Metric list) pick =
                    name,
                    lines |> List.map _.Epoch |> List.toArray,
                    lines |> List.map (pick >> Option.defaultValue nan) |> List.toArray
                {
                    Title = "Classifier beside the run"
                    XLabel = "epoch"
                    YLabel = "share right"
                    Series = [
                        curve "next batch" history _.Online
                        if not tested.IsEmpty then
                            curve "test images" tested _.OnlineTest
                    ]
                    LogY = false
                }
        ]

    let private percent (x: float) = x.ToString ("F2", CultureInfo.InvariantCulture) + " %"

    /// Accuracies as rows: trained, random network, and raw pixels where they were measured.
    let table (result: RunResult) =
        let protocols = result.Metrics |> List.map fst
        let row name (values: (string * float) list) =
            name
            :: (protocols
                |> List.map (fun p ->
                    values
                    |> List.tryFind (fst >> (=) p)
                    |> Option.map (snd >> percent)
                    |> Option.defaultValue "-"))
        "representation" :: protocols,
        [
            row "trained" result.Metrics
            row "random network" result.Random
            if not result.Raw.IsEmpty then
                row "raw pixels" result.Raw
        ]

    /// A gauge's value for people.
    let gauge (x: float) =
        if Double.IsFinite x then
            x.ToString ((if abs x >= 1000.0 then "F0" else "0.###"), CultureInfo.InvariantCulture)
        else
            "-"

    /// Gauges as a table, header and rows; nothing where none were taken.
    let gauges (result: RunResult) =
        if result.Gauges.IsEmpty then
            [], []
        else
            [ "gauge"; "of"; "trained"; "random network"; "what it says" ],
            List.map2
                (fun (layer, t: Gauge) (_, r: Gauge) -> [
                    t.Name
                    layer
                    gauge t.Value
                    gauge r.Value
                    Portrait.words t.Name
                ])
                result.Gauges
                result.RandomGauges

    /// Facts of a run, name and value.
    let facts (result: RunResult) = [
        "data", result.Recipe.Data
        "training", Metrics.duration result.Seconds
        "speed", $"{result.ImagesPerSecond:F0} images/s (each in {result.Recipe.Views.Length} views)"
        "time", Spent.print result.Seconds result.Spent
        "epochs", string (int result.Recipe.Epochs)
        "batch", string result.Recipe.Batch
        "seed", string result.Recipe.Seed
        "precision", (if Precision.isBFloat16 result.Recipe.Precision then "bfloat16" else "float32")
        "threads", string (TorchSharp.torch.get_num_threads ())
        "skipped images", string result.Skipped
        "fingerprint", (Print.fingerprint result.Recipe).Substring(0, 16)
    ]

    let private page (result: RunResult) results refresh (views: byte array) =
        let warnings =
            result.History
            |> List.tryLast
            |> Option.bind (fun m ->
                let (Head layers) = result.Recipe.Projector
                let width =
                    layers
                    |> List.rev
                    |> List.tryPick (function
                        | Layer.Linear (w, _) -> Some w
                        | _ -> None)
                Gauges.warning m.Spread m.Rank (Option.defaultValue 1 width))
            |> Option.toList
        Html.report {
            Title = $"{result.Recipe.Name} on {result.Recipe.Data}"
            Facts = facts result
            Results = results
            Gauges = gauges result
            Panels = (if result.History.IsEmpty then [] else panels result.History)
            Pictures = [ "Images and their views", views ]
            Recipe = Print.recipe result.Recipe
            Warnings = warnings
            Refresh = refresh
        }

    let private report folder = Path.Combine (folder, "report.html")

    /// Writes `report.html` of a run that goes on: an open page loads itself anew every ten seconds.
    let saveUnfinished (result: RunResult) views =
        Durable.writeText (report result.Folder) (page result ([], []) (Some 10) views)

    /// Writes `curves.png` and `report.html` into the run's folder.
    let save (result: RunResult) views =
        File.WriteAllBytes (
            Path.Combine (result.Folder, "curves.png"),
            Chart.curves result.Recipe.Name (panels result.History)
        )
        Durable.writeText (report result.Folder) (page result (table result) None views)
