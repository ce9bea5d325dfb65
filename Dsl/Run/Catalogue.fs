namespace Vantage

open System
open System.Diagnostics
open System.Globalization
open System.IO
open System.Text.Json
open Argu

/// One finished run of a recipe, as a line of the record holds it.
type CatalogueRun = {
    Recipe: string
    Seed: int
    Data: string
    Minutes: float
    Epochs: int
    Metrics: Map<string, float>
    Random: Map<string, float>
    /// What the gauges warned of.
    Warning: string option
}

/// What is run once for each seed.
type CatalogueEntry = {
    /// In the record.
    Name: string
    Script: string
    /// Of the script, beside those of the data, the seed and the budget.
    Arguments: string list
    /// Whose number of epochs it trains for: the first of these entries finds out how many fit into the minutes.
    Budget: string
}

/// Every recipe on one set under one budget: a table of what each reaches beside a random network.
module Catalogue =
    let private options = JsonSerializerOptions JsonSerializerDefaults.Web

    /// A run as a line of JSON.
    let line (run: CatalogueRun) =
        JsonSerializer.Serialize (
            dict [
                "recipe", box run.Recipe
                "seed", box run.Seed
                "data", box run.Data
                "minutes", box run.Minutes
                "epochs", box run.Epochs
                "metrics", box (dict (Map.toSeq run.Metrics))
                "random", box (dict (Map.toSeq run.Random))
                "warning", box (Option.toObj run.Warning)
            ],
            options
        )

    let private table (json: JsonElement) =
        Map [ for p in json.EnumerateObject () -> p.Name, p.Value.GetDouble () ]

    /// The run that a line tells.
    let ofLine (text: string) =
        use json = JsonDocument.Parse text
        let root = json.RootElement
        let field (name: string) = root.GetProperty name
        {
            Recipe = nonNull ((field "recipe").GetString())
            Seed = (field "seed").GetInt32()
            Data = nonNull ((field "data").GetString())
            Minutes = (field "minutes").GetDouble()
            Epochs = (field "epochs").GetInt32()
            Metrics = table (field "metrics")
            Random = table (field "random")
            Warning = Option.ofObj ((field "warning").GetString())
        }

    /// The runs of a record; those on another set or under another budget are refused, for a table compares like with like.
    let record data minutes file =
        if File.Exists file then
            let runs = File.ReadAllLines file |> Array.map ofLine |> Array.toList
            match runs |> List.tryFind (fun run -> run.Data <> data || run.Minutes <> minutes) with
            | Some other ->
                raise (
                    UserException
                        $"{file} holds {other.Recipe} on {other.Data} for {other.Minutes} minutes, and {data} for {minutes} is asked for. Give another --record, or the same --data and --minutes."
                )
            | None -> runs
        else
            []

    // A run in a process of its own; an unfinished one of an earlier call is thrown away.
    let private train cores (script: string) folder (arguments: string list) =
        if Directory.Exists folder then
            Directory.Delete (folder, true)
        let start =
            [ "fsi"; "--nologo"; script; "--"; "--no-pixels"; "--out"; folder ] @ arguments
            |> Abreast.start cores "dotnet"
        use child = nonNull (Process.Start start)
        let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
        child.WaitForExit ()
        if child.ExitCode = 0 then
            File.WriteAllText (Path.Combine (folder, "catalogue.log"), output.Result + errors.Result)
            use json = JsonDocument.Parse (File.ReadAllText (RunResult.file folder))
            let root = json.RootElement
            Ok (
                Map.fold
                    (fun all k v -> Map.add k v all)
                    (table (root.GetProperty "metrics"))
                    (Metrics.atEnd folder),
                table (root.GetProperty "random"),
                root.GetProperty("epochs").GetInt32(),
                errors.Result.Split '\n' |> Array.tryFind _.StartsWith("warning: step")
            )
        else
            Error $"{Path.GetFileName script} ended with {child.ExitCode}:\n{errors.Result}"

    let private number (x: float) = x.ToString ("F2", CultureInfo.InvariantCulture)

    let private mean (values: float list) = List.average values

    // Of a sample.
    let private deviation (values: float list) =
        let middle = mean values
        sqrt (
            List.sumBy (fun x -> (x - middle) * (x - middle)) values
            / float (values.Length - 1)
        )

    /// Mean and deviation of several values, or the only one.
    let spread values =
        match values with
        | [] -> ""
        | [ one ] -> number one
        | several -> $"{number (mean several)} ± {number (deviation several)}"

    /// How many standard deviations the first values lie above the others on average, by the root of the mean of both variances; none of one value each.
    let above (values: float list) (others: float list) =
        if values.Length < 2 || others.Length < 2 then
            None
        else
            let a, b = deviation values, deviation others
            Some ((mean values - mean others) / max 1e-9 (sqrt ((a * a + b * b) / 2.0)))

    /// A row of the table: what a recipe's runs reached.
    let row name (runs: CatalogueRun list) =
        let of' pick key = runs |> List.choose (fun run -> Map.tryFind key (pick run))
        let cell pick key = spread (of' pick key)
        let margin =
            [ "knn"; "linear" ]
            |> List.choose (fun key -> above (of' _.Metrics key) (of' _.Random key))
        let epochs =
            runs
            |> List.map _.Epochs
            |> List.distinct
            |> List.map string
            |> String.concat ", "
        String.concat " | " [
            $"| `{name}`"
            epochs
            cell _.Metrics "knn"
            cell _.Metrics "linear"
            cell _.Random "knn"
            cell _.Random "linear"
            (if margin.IsEmpty then
                 ""
             else
                 (List.min margin).ToString("F1", CultureInfo.InvariantCulture))
            (match List.choose _.Warning runs with
             | [] -> "none"
             | warned -> $"{warned.Length} of {runs.Length}")
            + " |"
        ]

    let private header = [
        "| recipe | epochs | k-NN | linear | random k-NN | random linear | deviations above random, the lesser | collapse warnings |"
        "|---|---|---|---|---|---|---|---|"
    ]

    // A recipe that names runs of its own making cannot be part: it starts where another ended.
    let private alone (script: string) = not ((File.ReadAllText script).Contains "startingFrom")

    let private scripts folder (names: string option) =
        let all =
            Directory.GetFiles (folder, "*.fsx")
            |> Array.filter (fun script -> Path.GetFileName script <> "prelude.fsx" && alone script)
            |> Array.map (Path.GetFileNameWithoutExtension >> nonNull)
            |> Array.sort
            |> Array.toList
        match names with
        | None -> all
        | Some names ->
            let asked = names.Split (',', StringSplitOptions.RemoveEmptyEntries) |> Array.toList
            match List.except all asked with
            | [] -> asked
            | unknown ->
                let list = String.concat ", "
                raise (UserException $"--recipes: there is no {list unknown}. There are: {list all}.")

    /// The table of a record, recipes in the order of their names.
    let markdown (runs: CatalogueRun list) =
        header
        @ [
            for name, own in runs |> List.groupBy _.Recipe |> List.sortBy fst do
                row name own
        ]

    /// Runs what the record lacks, every entry with one seed before any with the next, so many runs at once; writes record and table after each run and prints the table. A run that fails
    /// is told at the end and does not stop the others.
    let fill
        (entries: CatalogueEntry list)
        data
        minutes
        seeds
        abreast
        out
        file
        (markdown: CatalogueRun list -> string list)
        =
        for folder in [ out; nonNull (Path.GetDirectoryName (Path.GetFullPath file)) ] do
            Directory.CreateDirectory folder |> ignore
        let failed = ResizeArray<string>()
        let read () = lock failed (fun () -> record data minutes file)
        let before = read ()
        let tasks = [
            for seed in 0 .. seeds - 1 do
                for entry in entries do
                    if before |> List.forall (fun run -> (run.Recipe, run.Seed) <> (entry.Name, seed)) then
                        seed, entry
        ]
        let measured (entry: CatalogueEntry) = read () |> List.tryFind (fun run -> run.Recipe = entry.Budget)
        let work cores (seed, entry) =
            // The epochs that fit are measured once, so that all seeds have the same.
            let budget =
                match measured entry with
                | Some earlier -> [ "--epochs"; string earlier.Epochs ]
                // Minutes of all cores, of which it has a share.
                | None ->
                    let own = minutes * float abreast
                    [ "--minutes"; own.ToString CultureInfo.InvariantCulture ]
            lock failed (fun () -> printfn $"{entry.Name}, seed {seed}")
            let folder = Path.Combine (out, $"{entry.Name.Replace (' ', '_')}-{seed}")
            let arguments = [ "--data"; data; "--seed"; string seed ] @ budget @ entry.Arguments
            let told = train cores entry.Script folder arguments
            lock failed (fun () ->
                match told with
                | Error text -> failed.Add $"{entry.Name}, seed {seed}: {text}"
                | Ok (metrics, random, epochs, warning) ->
                    let run = {
                        Recipe = entry.Name
                        Seed = seed
                        Data = data
                        Minutes = minutes
                        Epochs = epochs
                        Metrics = metrics
                        Random = random
                        Warning = warning
                    }
                    File.AppendAllText (file, line run + "\n")
                    File.WriteAllLines (nonNull (Path.ChangeExtension (file, ".md")), markdown (read ())))
        Abreast.each abreast (fun (_, entry) -> entry.Budget) (snd >> measured >> Option.isSome) work tasks
        for line in markdown (read ()) do
            printfn $"{line}"
        if failed.Count > 0 then
            let texts = String.concat "\n" failed
            raise (UserException $"{failed.Count} runs failed; the same command tries them again:\n{texts}")

    /// Runs what the record lacks of the recipes that the arguments ask for.
    let main (recipes: string) (arguments: string array) =
        let options =
            ArgumentParser.Create<CatalogueOptions>(programName = "./research catalogue").Parse arguments
        let data = options.GetResult (Data, "fashion-mnist")
        let minutes = options.GetResult (Minutes, 5.0)
        let seeds = options.GetResult (Seeds, 3)
        if minutes <= 0.0 || seeds < 1 then
            raise (UserException $"--minutes {minutes} --seeds {seeds}: both must be above 0.")
        let kind = data.Split(':').[0]
        let out = Path.GetFullPath (options.GetResult (Out, Path.Combine ("runs", $"catalogue-{kind}")))
        let file = Path.GetFullPath (options.GetResult (Record, Path.Combine (out, "runs.jsonl")))
        let names = scripts recipes (options.TryGetResult Recipes)
        let entries = [
            for name in names ->
                {
                    Name = name
                    Script = Path.Combine (recipes, name + ".fsx")
                    Arguments = []
                    Budget = name
                }
        ]
        let abreast = options.GetResult (Abreast, 1)
        fill entries data minutes seeds abreast out file markdown
