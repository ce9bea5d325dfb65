namespace Vantage

open System.Diagnostics
open System.IO
open Argu

/// The options of `./research ablate NAME`.
type AblateOptions =
    | [<MainCommand; ExactlyOnce>] Name of recipe: string
    | Data of set: string
    | Minutes of minutes: float
    | Seeds of count: int
    | Out of folder: string
    | Record of file: string
    | Abreast of runs: int

    interface IArgParserTemplate with
        member this.Usage =
            match this with
            | Name _ -> "a recipe of Recipes/ by its name."
            | Data _ -> "the set to train on; fashion-mnist if not given."
            | Minutes _ ->
                "training time of the whole recipe, in minutes of all cores of this machine, in whole epochs and at least one; its ablations train for as many epochs. 2 if not given."
            | Seeds _ -> "runs of each, with seeds from 0; 3 if not given."
            | Out _ -> "where the runs' folders go; runs/ablate-NAME if not given."
            | Record _ ->
                "a file of JSON lines, one a finished run; OUT/runs.jsonl if not given. What stands there is not run again; the table is written beside it as .md."
            | Abreast _ -> Abreast.usage

/// A recipe beside itself without each of its mechanisms: what collapses, what only hurts, and whether the analysis said so.
module Ablate =
    let private word =
        function
        | CollapseKind.Complete -> "complete"
        | CollapseKind.Dimensional -> "dimensional"
        | CollapseKind.Cluster -> "cluster"
        | CollapseKind.Oscillation -> "oscillation"

    /// The kinds of collapse that nothing known prevents in a recipe.
    let open' (recipe: Recipe) =
        Collapse.findings recipe.Objective recipe.Avoid
        |> List.filter (fun finding -> finding.Applies && finding.Prevented.IsEmpty)
        |> List.map (fun finding -> word finding.Kind)

    /// A recipe without the mechanism of this kind; none where it has no such mechanism.
    let without kind (recipe: Recipe) =
        List.zip recipe.Avoid (Recipe.ablations recipe)
        |> List.tryFind (fun (mechanism, _) -> Mechanism.kind mechanism = kind)
        |> Option.map snd

    /// A line for the whole recipe and for each mechanism: what is left out, a tab, the kinds of collapse that nothing prevents then.
    let lines (recipe: Recipe) = [
        for out, variant in
            ("nothing", recipe)
            :: List.zip (List.map Mechanism.kind recipe.Avoid) (Recipe.ablations recipe) do
            let kinds = open' variant |> String.concat ", "
            out + "\t" + (if kinds = "" then "none" else kinds)
    ]

    let private header = [
        "| left out | collapse that nothing prevents | epochs | k-NN | linear | spread | rank | alignment | uniformity | entropy | warnings of collapse |"
        "|---|---|---|---|---|---|---|---|---|---|---|"
    ]

    /// The table of a record; `variants` are what was left out, what was predicted, and the name in the record.
    let markdown (variants: (string * string * string) list) (runs: CatalogueRun list) =
        header
        @ [
            for out, predicted, name in variants do
                let own = runs |> List.filter (fun run -> run.Recipe = name)
                let cell key = own |> List.choose (_.Metrics >> Map.tryFind key) |> Catalogue.spread
                let epochs = own |> List.map (_.Epochs >> string) |> List.distinct |> String.concat ", "
                let warned = own |> List.choose _.Warning |> List.length
                let measured = [ "knn"; "linear"; "spread"; "rank"; "alignment"; "uniformity"; "entropy" ]
                let cells =
                    out :: predicted :: epochs :: List.map cell measured
                    @ [ $"{warned} of {own.Length}" ]
                "| " + String.concat " | " cells + " |"
        ]

    // What the script says of its recipe's mechanisms.
    let private ask script =
        let start = ProcessStartInfo ("dotnet", RedirectStandardOutput = true, RedirectStandardError = true)
        for argument in [ "fsi"; "--nologo"; script; "--"; "--ablations" ] do
            start.ArgumentList.Add argument
        use child = nonNull (Process.Start start)
        let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
        child.WaitForExit ()
        if child.ExitCode <> 0 then
            raise (UserException $"{Path.GetFileName script} ended with {child.ExitCode}:\n{errors.Result}")
        [
            for line in output.Result.Split '\n' do
                match line.Split '\t' with
                | [| out; predicted |] -> out, predicted.Trim ()
                | _ -> ()
        ]

    /// Runs what the record lacks of a recipe and its ablations, and prints their table.
    let main (recipes: string) (arguments: string array) =
        let options = ArgumentParser.Create<AblateOptions>(programName = "./research ablate").Parse arguments
        let name = options.GetResult Name
        let script = Path.Combine (recipes, name + ".fsx")
        if not (File.Exists script) then
            raise (UserException $"There is no recipe '{name}'. ./research recipes lists them.")
        let minutes, seeds = options.GetResult (Minutes, 2.0), options.GetResult (Seeds, 3)
        if minutes <= 0.0 || seeds < 1 then
            raise (UserException $"--minutes {minutes} --seeds {seeds}: both must be above 0.")
        let out = Path.GetFullPath (options.GetResult (Out, Path.Combine ("runs", $"ablate-{name}")))
        let file = Path.GetFullPath (options.GetResult (Record, Path.Combine (out, "runs.jsonl")))
        let variants =
            ask script
            |> List.map (fun (left, predicted) ->
                left, predicted, (if left = "nothing" then name else $"{name} - {left}"))
        let entries = [
            for left, _, variant in variants ->
                {
                    Name = variant
                    Script = script
                    Arguments = if left = "nothing" then [] else [ "--without"; left; "--watch-collapse" ]
                    Budget = name
                }
        ]
        Catalogue.fill
            entries
            (options.GetResult (Data, "fashion-mnist"))
            minutes
            seeds
            (options.GetResult (Abreast, 1))
            out
            file
            (markdown variants)
