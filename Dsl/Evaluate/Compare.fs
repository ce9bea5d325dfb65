namespace Vantage

open System
open System.Globalization
open System.IO
open System.Text.Json

/// Why runs cannot be compared.
exception ComparisonException of string with
    override this.Message = this.Data0

/// What is read of a run's result.json.
type RunFigures = {
    RunFolder: string
    RunName: string
    Set: string
    Passes: int
    RunSeed: uint64
    /// Accuracies in percent by protocol name, of the trained network.
    Figures: Map<string, float>
}

/// Two recipes beside each other, seed by seed: `./research compare RUN_A.. --with RUN_B..`.
module Compare =
    let private fail text = raise (ComparisonException text)

    /// Reads a run's folder, or its result.json itself.
    let read (path: string) =
        let file = if Directory.Exists path then RunResult.file path else path
        if not (File.Exists file) then
            fail
                $"{path}: there is no {file}. Name the folder of a run that has ended, for example runs/NAME-TIME."
        try
            use document = JsonDocument.Parse (File.ReadAllText file)
            let root = document.RootElement
            {
                RunFolder = path
                RunName = nonNull (root.GetProperty("name").GetString())
                Set = nonNull (root.GetProperty("data").GetString())
                Passes = root.GetProperty("epochs").GetInt32()
                RunSeed = root.GetProperty("seed").GetUInt64()
                Figures =
                    Map [
                        for p in root.GetProperty("metrics").EnumerateObject() -> p.Name, p.Value.GetDouble ()
                    ]
            }
        with
        | :? JsonException
        | :? InvalidOperationException
        | :? System.Collections.Generic.KeyNotFoundException as e ->
            fail $"{file} is not a run's result: {e.Message}"

    let private distinct what (show: RunFigures -> string) (runs: RunFigures list) =
        match runs |> List.distinctBy show with
        | a :: b :: _ ->
            fail
                $"{a.RunFolder} has {what} {show a}, {b.RunFolder} has {show b}. Compare runs that differ in nothing but the recipe."
        | _ -> ()

    // The runs of one recipe, by seed; every seed once.
    let private group (runs: RunFigures list) =
        distinct "the recipe" _.RunName runs
        for seed, own in runs |> List.groupBy _.RunSeed do
            if own.Length > 1 then
                fail $"{own[0].RunFolder} and {own[1].RunFolder} both have seed {seed}. Give each seed once."
        runs |> List.sortBy _.RunSeed

    let private seeds (runs: RunFigures list) =
        runs |> List.map (fun r -> string r.RunSeed) |> String.concat ", "

    /// Differences b - a of every protocol that all runs have, in the order of names. The runs of both recipes must have the same seeds, set and epochs.
    let runs (a: RunFigures list) (b: RunFigures list) =
        if a.IsEmpty || b.IsEmpty then
            fail "Name at least one run on each side: ./research compare RUN_A.. --with RUN_B.."
        let a, b = group a, group b
        distinct "the data" _.Set (a @ b)
        distinct "epochs" (fun r -> string r.Passes) (a @ b)
        if List.map _.RunSeed a <> List.map _.RunSeed b then
            fail
                $"{a.Head.RunName} ran with seeds {seeds a}, {b.Head.RunName} with {seeds b}. Pairs need the same seeds on both sides."
        let shared =
            a @ b
            |> List.map (fun r -> r.Figures |> Map.toSeq |> Seq.map fst |> Set)
            |> Set.intersectMany
        if shared.IsEmpty then
            fail
                $"No protocol was measured in all of {(a @ b).Length} runs. Evaluate both recipes by the same protocols."
        [
            for protocol in shared do
                let values runs = runs |> List.map (fun r -> r.Figures[protocol]) |> List.toArray
                let a, b = values a, values b
                protocol, Statistics.summary 0UL a, Statistics.summary 0UL b, Statistics.compare 0UL a b
        ]

    let private two (x: float) = x.ToString ("F2", CultureInfo.InvariantCulture)

    let private cell (s: Summary) =
        let spread = if s.Count > 1 then $" ± {two s.Deviation}" else ""
        $"{two s.Mean}{spread} ({two s.Low} to {two s.High})"

    /// What the two sides are called: their recipes' names, told apart where these are the same.
    let names (a: RunFigures list) (b: RunFigures list) =
        if a.Head.RunName = b.Head.RunName then
            $"{a.Head.RunName} (first)", $"{b.Head.RunName} (second)"
        else
            a.Head.RunName, b.Head.RunName

    /// What is compared, and what the numbers of `table` are.
    let caption (a: RunFigures list) =
        $"{a.Head.Set}, {a.Head.Passes} epochs, seeds {seeds (List.sortBy _.RunSeed a)}; mean ± standard deviation (95 %% bootstrap interval of the mean), percent"

    /// The comparison as a table: header and rows.
    let table a b =
        let compared = runs a b
        let nameA, nameB = names a b
        [ "protocol"; nameA; nameB; "difference"; "p" ],
        [
            for protocol, x, y, d in compared ->
                [ protocol; cell x; cell y; cell d.Of; d.P.ToString ("0.####", CultureInfo.InvariantCulture) ]
        ]

    /// A sentence for each protocol.
    let sentences a b =
        let nameA, nameB = names a b
        [ for protocol, _, _, d in runs a b -> protocol + ": " + Statistics.words nameA nameB "points" d ]

    /// The comparison as a Markdown table, and a sentence for each protocol.
    let markdown (a: RunFigures list) (b: RunFigures list) =
        let header, rows = table a b
        let line cells = "| " + String.concat " | " cells + " |"
        String.concat "\n" [
            caption a
            ""
            line header
            "|" + String.replicate header.Length "---|"
            yield! List.map line rows
            ""
            yield! sentences a b
        ]
