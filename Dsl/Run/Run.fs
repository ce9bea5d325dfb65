namespace Vantage

open System
open System.IO
open System.Runtime.InteropServices
open System.Threading
open TorchSharp
open Vantage.Kernels

/// How a recipe is run, beside the recipe itself.
type Settings = {
    /// Where the run's files go; none: runs/NAME-TIME under the current folder.
    Folder: string option
    /// The folder of a run to go on with.
    Resume: string option
    /// cpu or cuda.
    Device: string
    /// Threads of libtorch; none: as many as there are cores.
    Threads: int option
    /// Saves after every so many steps too; none: after each epoch.
    SaveEvery: int option
    /// Run a recipe that nothing keeps from collapsing.
    WatchCollapse: bool
    /// Measures raw pixels too, under the same protocols.
    Pixels: bool
    /// Stops the run after a step, saved; for Ctrl-C.
    Stop: CancellationToken
}

/// Runs recipes from start to end.
module Run =
    /// On the CPU, with all cores, into a new folder.
    let settings = {
        Folder = None
        Resume = None
        Device = "cpu"
        Threads = None
        SaveEvery = None
        WatchCollapse = false
        Pixels = true
        Stop = CancellationToken.None
    }

    /// The device of this name.
    let device name : torch.Device =
        Interop.NativeLibraries.Load ()
        match name with
        | "cpu" -> torch.CPU
        | "cuda" when torch.cuda_is_available () -> torch.CUDA
        | "cuda" ->
            raise (
                UserException
                    "--device cuda: this libtorch sees no CUDA device. Use --device cpu, or build with `./research --cuda setup` on a machine with an NVIDIA GPU and driver."
            )
        | other -> raise (UserException $"--device {other}: there is no such device here; use cpu or cuda.")

    let private describe (split: Split) : ImageShape = {
        Images = split.Count
        Channels = split.Channels
        Height = LanguagePrimitives.Int32WithMeasure split.Height
        Width = LanguagePrimitives.Int32WithMeasure split.Width
    }

    let private refuse watchCollapse (errors: RecipeError list) =
        let left =
            errors
            |> List.filter (function
                | RecipeError.NothingPreventsCollapse _ -> not watchCollapse
                | _ -> true)
        if not left.IsEmpty then
            let lines = left |> List.map (fun e -> "  - " + Check.message e) |> String.concat "\n"
            raise (UserException $"The recipe cannot run:\n{lines}")

    /// Refuses a recipe that images of this shape do not fit.
    let checkOn settings shape recipe = refuse settings.WatchCollapse (Check.onImages shape recipe)

    /// The set of a recipe, after all checks of the recipe alone and on the set's images.
    let load settings (recipe: Recipe) =
        refuse settings.WatchCollapse (Check.recipe recipe)
        let data = Sets.load recipe.Data
        let shape = describe data.Train
        checkOn settings shape recipe
        if Objective.needsLabels recipe.Objective && data.Train.Labels.IsNone then
            raise (
                UserException
                    $"{Objective.name recipe.Objective} needs labels, and {recipe.Data} has none for its training images. Choose another set, or an objective without labels."
            )
        match recipe.Objective, data.Train.Labels, Head.width recipe.Projector with
        | Objective.Classify (labelled, _, _), Some labels, Some width ->
            if width <> data.Classes.Length then
                raise (
                    UserException
                        $"The head gives {width} logits, {recipe.Data} has {data.Classes.Length} classes. End the projector with `linear {data.Classes.Length}`."
                )
            match labelled with
            | Labelled.PerClass (count, _) ->
                let least = labels |> Array.countBy id |> Array.map snd |> Array.min
                if count > least then
                    raise (
                        UserException
                            $"{count} labelled images of each class were asked for; a class of {recipe.Data} has {least}. Use {least} or fewer."
                    )
            | Labelled.All -> ()
        | _ -> ()
        data, shape

    /// As many epochs of a recipe as fit into so many minutes here, at least one.
    let epochsWithin settings minutes (recipe: Recipe) =
        let device = device settings.Device
        torch.set_num_threads (defaultArg settings.Threads Environment.ProcessorCount)
        let data, _ = load settings recipe
        let seconds = Budget.secondsAStep device recipe data.Train
        Budget.epochs minutes seconds (data.Train.Count / recipe.Batch)

    /// The metrics of the first steps of a run of so many, of which nothing is kept.
    let steps settings count (recipe: Recipe) =
        if count < 1 then
            raise (UserException $"--steps {count}: give a number of steps from 1 on.")
        let device = device settings.Device
        torch.set_num_threads (defaultArg settings.Threads Environment.ProcessorCount)
        let data, _ = load settings recipe
        TrainedRun.check recipe
        use _ = torch.NewDisposeScope ()
        let trainer = Train.prepare (ViewEngine.Best ()) device recipe data.Train
        let metrics = ResizeArray<Metric>()
        Train.run
            { trainer with Total = count }
            Position.start
            metrics.Add
            ignore
            ignore
            CancellationToken.None
        |> ignore
        List.ofSeq metrics

    /// SIGINT and SIGTERM ask for a stop at the end of the step; a second one ends the process as usual.
    let private onSignals (source: CancellationTokenSource) =
        let handler (context: PosixSignalContext) =
            if not source.IsCancellationRequested then
                context.Cancel <- true
                source.Cancel ()
        [
            PosixSignalRegistration.Create (PosixSignal.SIGINT, handler)
            PosixSignalRegistration.Create (PosixSignal.SIGTERM, handler)
        ]

    /// Trains a recipe or goes on with a run of it, evaluates it beside a random network and raw pixels, and writes
    /// everything into the run's folder.
    let train settings (recipe: Recipe) : RunResult =
        let device = device settings.Device
        torch.set_num_threads (defaultArg settings.Threads Environment.ProcessorCount)
        match settings.SaveEvery with
        | Some steps when steps < 1 ->
            raise (UserException $"--save-every {steps}: give a number of steps from 1 on.")
        | _ -> ()
        let data, _ = load settings recipe
        TrainedRun.check recipe
        let folder = RunFolder.create settings.Folder settings.Resume recipe.Name
        use _ = RunFolder.claim folder
        let say (text: string) = Console.Out.WriteLine text
        let warn (text: string) = Console.Error.WriteLine $"warning: {text}"
        let trainer = { Train.prepare (ViewEngine.Best ()) device recipe data.Train with Tested = data.Test }
        let start =
            match settings.Resume with
            | None -> Position.start
            | Some _ -> Checkpoint.resume folder recipe (Train.state trainer) warn
        let views =
            Picture.grid 3 (Show.viewColumns trainer.Viewer 2) (Show.viewRows trainer.Viewer data.Train 8 2)
        use events =
            RunFolder.writing folder (fun () ->
                Metrics.truncate folder start.Step
                File.WriteAllText (Path.Combine (folder, "recipe.fsx"), Print.recipe recipe)
                File.WriteAllBytes (Path.Combine (folder, "views.png"), views)
                Events.Open (folder, start.Step))
        say
            $"{recipe.Name} on {data.Name}: {data.Train.Count} images, {trainer.Total} steps in {int recipe.Epochs} epochs, into {folder}"
        if start.Step > 0 then
            say $"goes on at step {start.Step}"
        use source = CancellationTokenSource.CreateLinkedTokenSource settings.Stop
        let signals = onSignals source
        let warned = ref false
        let log progress (metric: Metric) =
            Metrics.append folder metric
            events.Add metric
            match Gauges.warning metric.Spread metric.Rank trainer.Network.Embedding with
            | Some text when not warned.Value && metric.Step > trainer.PerEpoch / 10 ->
                warned.Value <- true
                warn $"step {metric.Step}: {text}"
            | _ -> ()
            progress metric
        let resultAt (position: Position) = {
            Folder = folder
            Recipe = recipe
            Metrics = []
            Random = []
            Raw = []
            Gauges = []
            RandomGauges = []
            Spent = position.Spent
            Seconds = position.Seconds
            ImagesPerSecond = float (position.Step * recipe.Batch) / max 1e-9 position.Seconds
            Skipped = 0
            History = Metrics.read folder
        }
        // The page is 4 MB: after each epoch, but not more often than every ten seconds.
        let mutable shown = -10.0
        let save (position: Position) =
            Checkpoint.save folder recipe position (Train.state trainer)
            if position.Step % trainer.PerEpoch = 0 && position.Seconds - shown >= 10.0 then
                shown <- position.Seconds
                Show.saveUnfinished (resultAt position) views
        let ending, position, skipped =
            try
                try
                    RunFolder.writing folder (fun () ->
                        Progress.during trainer.Total (fun progress ->
                            Train.runSaving
                                settings.SaveEvery
                                trainer
                                start
                                (log progress)
                                save
                                warn
                                source.Token))
                with NotFinite (step, epoch, _, images) as e ->
                    let path = RunFolder.saveDraws folder trainer.Viewer trainer.Split step epoch images
                    raise (
                        UserException
                            $"{e.Message} What was drawn for the views of its {images.Length} images is in {path} (DrawTable.load reads it)."
                    )
            finally
                signals |> List.iter (fun s -> s.Dispose ())
        match ending with
        | Ending.Stopped step ->
            raise (
                OperationCanceledException
                    $"Stopped at step {step} of {trainer.Total}; everything up to there is saved. Go on with: --resume {folder}"
            )
        | Ending.Finished ->
            Interop.NativeLibraries.GiveBack () // evaluation asks for other sizes
            let also = if settings.Pixels then ", a random one and raw pixels" else " and a random one"
            say $"evaluating the trained network{also} under the same protocols"
            let measure (trainer: Trainer) =
                Measure.ofNetwork trainer.Viewer recipe trainer.Network data
                |> Measure.run recipe.Evaluate
            let trained = measure trainer
            let fresh = Train.prepare trainer.Viewer.Engine device recipe data.Train
            Train.calibrate fresh
            let random = measure fresh
            let raw =
                if settings.Pixels then
                    use _ = torch.NewDisposeScope ()
                    Measure.ofPixels trainer.Viewer recipe.Seed data |> Measure.run recipe.Evaluate
                else
                    []
            let result = {
                resultAt position with
                    Metrics = trained
                    Random = random
                    Raw = raw
                    Gauges = Examine.trainer data trainer
                    RandomGauges = Examine.trainer data fresh
                    Skipped = skipped
            }
            RunFolder.writing folder (fun () ->
                RunResult.save result
                Show.save result views)
            result
