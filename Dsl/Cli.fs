namespace Vantage

open System
open System.Globalization
open System.IO
open Argu

/// The options of `dotnet fsi recipe.fsx`.
type Options =
    | [<AltCommandLine "-d">] Data of set: string
    | Epochs of count: int
    | Minutes of minutes: float
    | Batch of images: int
    | Device of name: string
    | Seed of number: uint64
    | Threads of count: int
    | Out of folder: string
    | Resume of folder: string
    | Save_Every of steps: int
    | Check
    | Explain
    | About
    | Page of folder: string
    | Published
    | Verify
    | Steps of count: int
    | Ablations
    | Without of mechanism: string
    | Watch_Collapse
    | No_Pixels

    interface IArgParserTemplate with
        member this.Usage =
            match this with
            | Data _ ->
                "glyphs, fashion-mnist, mnist, cifar10, webdataset:PATTERN, folder:PATH, voc:FOLDER, idx:FOLDER or cifar:FOLDER; rgb: before it gives grey images three channels."
            | Epochs _ -> "passes over the training images."
            | Minutes _ -> "time to train in on this machine: as many whole epochs as fit, at least one."
            | Batch _ -> "images of a step."
            | Device _ -> "cpu or cuda."
            | Seed _ -> "decides weights, order and views."
            | Threads _ -> "threads of libtorch; as many as there are cores if not given."
            | Out _ -> "folder of the run; runs/NAME-TIME if not given."
            | Resume _ -> "folder of a stopped run to go on with."
            | Save_Every _ -> "saves after every so many steps too, not only after each epoch."
            | Check -> "only check the recipe, on the set too."
            | Explain -> "only say what the recipe will do: views, shapes, cost, what prevents collapse."
            | About ->
                "only show the method's page: picture, formula, what keeps it from collapsing, results."
            | Page _ -> "write that page into a folder, as Markdown with a picture; no training."
            | Published ->
                "the configuration of the paper in place of the small one; --check and --explain do not need its set."
            | Verify ->
                "only hold the recipe to the laws of its views, its objective and a step, a few trials of each."
            | Steps _ -> "only train for so many steps and say what each measured; nothing is kept."
            | Ablations ->
                "only list what keeps the recipe from collapsing, and what kinds of collapse nothing prevents without each."
            | Without _ -> "run the recipe without this mechanism, by the name that --ablations lists."
            | Watch_Collapse -> "run a recipe that nothing keeps from collapsing."
            | No_Pixels ->
                "do not measure raw pixels beside the network, which are the same in every run on a set."

/// Runs a recipe as a command.
module Cli =
    let private isScript (argument: string) = argument.EndsWith (".fsx", StringComparison.OrdinalIgnoreCase)

    /// The arguments after the script's name, of this process; none in a notebook.
    let arguments () =
        let all = Environment.GetCommandLineArgs ()
        match all |> Array.tryFindIndex isScript with
        | Some i -> all[i + 1 ..] |> Array.skipWhile (fun a -> a = "--")
        | None -> [||]

    // Pages are made of the script's comments too. A script that loads several recipes has theirs beside it.
    let private script (recipe: Recipe) =
        let own = recipe.Name + ".fsx"
        match Environment.GetCommandLineArgs () |> Array.tryFind isScript with
        | Some path ->
            let beside = Path.Combine (nonNull (Path.GetDirectoryName (Path.GetFullPath path)), own)
            if File.Exists beside then beside else path
        | None -> own

    let private parser (name: string) = ArgumentParser.Create<Options>(programName = $"dotnet fsi {name}.fsx")

    /// The recipe with the options' values in place of its own.
    let configure (options: ParseResults<Options>) (recipe: Recipe) = {
        recipe with
            Data = options.GetResult (Data, recipe.Data)
            Batch = options.GetResult (Batch, recipe.Batch)
            Epochs =
                options.GetResult (Epochs, int recipe.Epochs)
                |> LanguagePrimitives.Int32WithMeasure
            Seed = options.GetResult (Seed, recipe.Seed)
    }

    // The recipe without a mechanism, where one is to be left out.
    let private less (options: ParseResults<Options>) (recipe: Recipe) =
        match options.TryGetResult Without with
        | None -> recipe
        | Some kind ->
            match Ablate.without kind recipe with
            | Some variant -> variant
            | None ->
                let kinds = recipe.Avoid |> List.map Mechanism.kind |> String.concat ", "
                raise (
                    UserException $"--without {kind}: {recipe.Name} has no such mechanism. It has: {kinds}."
                )

    let private settings (options: ParseResults<Options>) = {
        Run.settings with
            Folder = options.TryGetResult Out
            Resume = options.TryGetResult Resume
            Device = options.GetResult (Device, Run.settings.Device)
            Threads = options.TryGetResult Threads
            SaveEvery = options.TryGetResult Save_Every
            WatchCollapse = options.Contains Watch_Collapse
            Pixels = not (options.Contains No_Pixels)
    }

    let private print (result: RunResult) =
        let header, rows = Show.table result
        let width = 18
        let line cells =
            cells
            |> List.mapi (fun i (c: string) -> if i = 0 then c.PadRight width else c.PadLeft 10)
            |> String.concat ""
        printfn ""
        if not result.Metrics.IsEmpty then
            printfn $"{line header}"
            for row in rows do
                printfn $"{line row}"
        else
            printfn "no labelled test images in this set: nothing to evaluate on"
        printfn
            $"trained {Metrics.duration result.Seconds} at {result.ImagesPerSecond:F0} images/s: {Spent.print result.Seconds result.Spent}"
        for path in RunFolder.files result.Folder do
            printfn $"  {path}"

    // The recipe with as many epochs as the time allows.
    let private within (options: ParseResults<Options>) settings recipe =
        match options.TryGetResult Minutes with
        | None -> recipe
        | Some _ when options.Contains Epochs || options.Contains Resume ->
            raise (UserException "--minutes decides the number of epochs: leave out --epochs and --resume.")
        | Some minutes when not (minutes > 0.0) ->
            raise (UserException $"--minutes {minutes}: must be above 0.")
        | Some minutes ->
            let epochs = Run.epochsWithin settings minutes recipe
            printfn $"{epochs} epochs take about {minutes} minutes here"
            { recipe with Epochs = LanguagePrimitives.Int32WithMeasure epochs }

    // What the sets of papers are like, most images of ImageNet for all of them.
    let private known (data: string) : ImageShape option =
        match data with
        | "folder:imagenet" -> Some { Images = 1281167; Channels = 3; Height = 375<px>; Width = 500<px> }
        | "folder:stl10" -> Some { Images = 105000; Channels = 3; Height = 96<px>; Width = 96<px> }
        | "cifar10" -> Some { Images = 50000; Channels = 3; Height = 32<px>; Width = 32<px> }
        | _ -> None

    // The shape of a set that a published configuration names and this machine lacks is known all the same.
    let private shapeOf (options: ParseResults<Options>) settings (recipe: Recipe) =
        match known recipe.Data with
        | Some shape when options.Contains Published ->
            try
                Run.load settings recipe |> snd
            with DataException (DataError.NoFiles _ | DataError.Missing _) ->
                Run.checkOn settings shape recipe
                printfn $"{recipe.Data} is not here: its published size stands in for it"
                shape
        | _ -> Run.load settings recipe |> snd

    let private dispatch (options: ParseResults<Options>) recipe =
        let settings = settings options
        options.TryGetResult Options.Page
        |> Option.iter (fun folder -> Page.save (script recipe) folder recipe)
        if options.Contains Check then
            let shape = shapeOf options settings recipe
            printfn
                $"{recipe.Name} on {recipe.Data}: {shape.Images} images of {shape.Channels} x {int shape.Height} x {int shape.Width}; no errors"
        elif options.Contains About then
            printfn $"{Page.text (script recipe) recipe}"
        elif options.Contains Options.Verify then
            let verdicts = Verify.briefly (shapeOf options settings recipe) recipe
            printfn $"{recipe.Name} under the laws:\n{Verify.report verdicts}"
            if verdicts |> List.exists _.Counterexample.IsSome then
                raise (UserException $"{recipe.Name} breaks a law.")
        elif options.Contains Steps then
            printfn $"{recipe.Name}: step, loss, accuracy, entropy, spread, rank, alignment"
            for m in Run.steps settings (options.GetResult Steps) recipe do
                printfn
                    $"  {m.Step} {m.Loss:F5} {m.Accuracy:F4} {m.Entropy:F4} {m.Spread:F4} {m.Rank:F2} {m.Alignment:F4}"
        elif options.Contains Ablations then
            for line in Ablate.lines recipe do
                printfn $"{line}"
        elif options.Contains Explain then
            let shape = shapeOf options settings recipe
            printfn $"{Explain.recipe recipe shape}"
        elif not (options.Contains Options.Page) then
            Run.train settings (within options settings recipe) |> print

    /// Parses the arguments and does what they say with a recipe or, where they ask for it, with its published configuration. The exit code: 0 done, 1 an error that was explained,
    /// 130 stopped.
    let mainOf (published: Recipe option) (arguments: string array) (recipe: Recipe) =
        try
            let options = (parser recipe.Name).Parse arguments
            let chosen =
                match published with
                | _ when not (options.Contains Published) -> recipe
                | Some whole -> whole
                | None ->
                    raise (
                        UserException
                            $"--published: {recipe.Name} has no published configuration. Leave it out."
                    )
            dispatch options (configure options chosen |> less options)
            0
        with
        | :? ArguParseException as e ->
            eprintfn $"{e.Message}"
            if e.ErrorCode = ErrorCode.HelpText then 0 else 1
        | UserException text
        | EvaluationException text
        | CheckpointException text ->
            eprintfn $"{text}"
            1
        | DataException error ->
            eprintfn $"{DataError.message error}"
            1
        | NotFinite _ as e ->
            eprintfn $"{e.Message}"
            1
        | :? OperationCanceledException as e ->
            eprintfn $"{e.Message}"
            130

    /// The same for a recipe without a published configuration.
    let main arguments recipe = mainOf None arguments recipe

/// The words that act on a recipe.
[<AutoOpen>]
module Command =
    /// Trains and evaluates a recipe with its own values, on the CPU, into a new folder under runs/: the word for notebooks.
    let train recipe = Run.train Run.settings recipe

    /// The figures of protocols, in percent, on a finished run in a folder and on its own data: `evaluate [ knn 200 0.1; linearProbe 1e-4 60 ] "runs/simclr"`.
    let evaluate protocols folder =
        let warn (text: string) = System.Console.Error.WriteLine $"warning: {text}"
        use _ = TorchSharp.torch.NewDisposeScope ()
        let opened = Finished.load TorchSharp.torch.CPU None folder warn
        let train = opened.Data.Train
        let shape = {
            Images = train.Count
            Channels = train.Channels
            Height = LanguagePrimitives.Int32WithMeasure<px> train.Height
            Width = LanguagePrimitives.Int32WithMeasure<px> train.Width
        }
        let recipe = { opened.Recipe with Evaluate = protocols }
        match
            CheckProtocol.errors recipe
            @ List.collect (CheckProtocol.onImages shape) protocols
        with
        | [] ->
            Measure.ofNetwork opened.Trained.Viewer recipe opened.Trained.Network opened.Data
            |> Measure.run protocols
        | wrong -> raise (UserException (wrong |> List.map Check.message |> String.concat "\n"))

    let private ended code =
        if code <> 0 then
            exit code

    /// Runs the recipe as the script's arguments say; ends the process with an exit code that is not 0 after an error.
    let run recipe = Cli.main (Cli.arguments ()) recipe |> ended

    /// The same of a recipe that is derived from a published configuration, which `--published` runs in its place.
    let runs published small = Cli.mainOf (Some published) (Cli.arguments ()) small |> ended
