namespace Vantage

open System
open System.Diagnostics
open System.Globalization
open System.IO
open System.Text.Json
open Argu

/// The options of `./research catalogue`.
type CatalogueOptions =
    | Data of set: string
    | Minutes of minutes: float
    | Seeds of count: int
    | Recipes of names: string
    | Out of folder: string

    interface IArgParserTemplate with
        member this.Usage =
            match this with
            | Data _ -> "the set that all recipes train on; fashion-mnist if not given."
            | Minutes _ ->
                "training time of each run on this machine, in whole epochs and at least one; 5 if not given."
            | Seeds _ -> "runs of each recipe, with seeds from 0; 3 if not given."
            | Recipes _ -> "names with commas between; all of Recipes/ if not given."
            | Out _ ->
                "where runs and table go; runs/catalogue-DATA if not given. Runs that ended there are not run again."

/// One run of a recipe as its folder tells it.
type CatalogueRun = {
    Metrics: Map<string, float>
    Random: Map<string, float>
    Epochs: int
    Seconds: float
    /// What the gauges warned of.
    Warning: string option
}

/// Every recipe on one set under one budget: a table of what each reaches beside a random network.
module Catalogue =
    let private read folder =
        use json = JsonDocument.Parse (File.ReadAllText (RunResult.file folder))
        let root = json.RootElement
        let table (name: string) =
            Map [ for p in root.GetProperty(name).EnumerateObject() -> p.Name, p.Value.GetDouble () ]
        let log = Path.Combine (folder, "catalogue.log")
        {
            Metrics = table "metrics"
            Random = table "random"
            Epochs = root.GetProperty("epochs").GetInt32()
            Seconds = root.GetProperty("seconds").GetDouble()
            Warning = File.ReadAllLines log |> Array.tryFind _.StartsWith("warning: step")
        }

    // A run in a process of its own; an unfinished one of an earlier call is thrown away.
    let private train script folder (arguments: string list) =
        if not (File.Exists (RunResult.file folder)) then
            if Directory.Exists folder then
                Directory.Delete (folder, true)
            let start =
                ProcessStartInfo ("dotnet", RedirectStandardOutput = true, RedirectStandardError = true)
            for argument in [ "fsi"; "--nologo"; script; "--"; "--out"; folder ] @ arguments do
                start.ArgumentList.Add argument
            use child = nonNull (Process.Start start)
            let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
            child.WaitForExit ()
            if child.ExitCode <> 0 then
                raise (
                    UserException
                        $"{Path.GetFileName script} ended with {child.ExitCode}; the runs before it are kept, and the same command goes on from there:\n{errors.Result}"
                )
            File.WriteAllText (Path.Combine (folder, "catalogue.log"), output.Result + errors.Result)
        read folder

    let private number (x: float) = x.ToString ("F2", CultureInfo.InvariantCulture)

    let private mean (values: float list) = List.average values

    // Of a sample.
    let private deviation (values: float list) =
        let middle = mean values
        sqrt (
            List.sumBy (fun x -> (x - middle) * (x - middle)) values
            / float (values.Length - 1)
        )

    let private spread values =
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
            spread (runs |> List.map _.Seconds) + " |"
        ]

    let private header = [
        "| recipe | epochs | k-NN | linear | random k-NN | random linear | deviations above random, the lesser | collapse warnings | seconds |"
        "|---|---|---|---|---|---|---|---|---|"
    ]

    let private scripts folder (names: string option) =
        let all =
            Directory.GetFiles (folder, "*.fsx")
            |> Array.map (Path.GetFileNameWithoutExtension >> nonNull)
            |> Array.filter ((<>) "prelude")
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

    /// Runs the catalogue; the table is printed and written after each recipe.
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
        let names = scripts recipes (options.TryGetResult Recipes)
        Directory.CreateDirectory out |> ignore
        let folder name seed = Path.Combine (out, $"{name}-{seed}")
        let runs name =
            let script = Path.Combine (recipes, name + ".fsx")
            let run seed budget =
                printfn $"{name}, seed {seed}"
                train script (folder name seed) ([ "--data"; data; "--seed"; string seed ] @ budget)
            // The epochs that fit are measured once, so that all seeds have the same.
            let first = run 0 [ "--minutes"; minutes.ToString CultureInfo.InvariantCulture ]
            first
            :: [ for seed in 1 .. seeds - 1 -> run seed [ "--epochs"; string first.Epochs ] ]
        let table = ResizeArray header
        for name in names do
            table.Add (row name (runs name))
            File.WriteAllLines (Path.Combine (out, "table.md"), table)
        for line in table do
            printfn $"{line}"
