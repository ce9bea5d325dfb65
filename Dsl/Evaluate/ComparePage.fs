namespace Vantage

open System
open System.Globalization
open System.IO
open System.Text.Json

/// A comparison as files: JSON, CSV, a Markdown table and one HTML page that needs no network.
module ComparePage =
    let private exact (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)

    let private ordered (runs: RunFigures list) = runs |> List.sortBy _.RunSeed

    /// Every run's figures as lines of protocol, recipe, seed, accuracy.
    let csv a b =
        let nameA, nameB = Compare.names a b
        let cell (text: string) = "\"" + text.Replace ("\"", "\"\"") + "\""
        String.concat "\n" [
            "protocol,recipe,seed,accuracy"
            for protocol, _, _, _ in Compare.runs a b do
                for name, runs in [ nameA, ordered a; nameB, ordered b ] do
                    for run in runs do
                        $"{cell protocol},{cell name},{run.RunSeed},{exact run.Figures[protocol]}"
            ""
        ]

    /// Everything as JSON; a deviation of one run is null.
    let json a b =
        let finite x : objnull = if Double.IsFinite x then box x else null
        let summary (s: Summary) =
            dict [
                "count", box s.Count
                "mean", box s.Mean
                "deviation", finite s.Deviation
                "low", box s.Low
                "high", box s.High
            ]
        let nameA, nameB = Compare.names a b
        let values protocol runs = [ for run in ordered runs -> run.Figures[protocol] ]
        let content =
            dict [
                "data", box a.Head.Set
                "epochs", box a.Head.Passes
                "seeds", box [ for run in ordered a -> run.RunSeed ]
                "recipes", box [ nameA; nameB ]
                "protocols",
                box [
                    for (protocol, x, y, d), sentence in List.zip (Compare.runs a b) (Compare.sentences a b) ->
                        dict [
                            "protocol", box protocol
                            "values", box [ values protocol a; values protocol b ]
                            "summaries", box [ summary x; summary y ]
                            "difference", box (summary d.Of)
                            "p", box d.P
                            "leastP", box d.Least
                            "words", box sentence
                        ]
                ]
            ]
        JsonSerializer.Serialize (content, JsonSerializerOptions (WriteIndented = true))
        + "\n"

    // The accuracies of both sides, seed by seed.
    let private panels a b : Chart.Panel list =
        let nameA, nameB = Compare.names a b
        let seeds = ordered a |> List.map (fun run -> float run.RunSeed) |> List.toArray
        [
            for protocol, _, _, _ in Compare.runs a b ->
                let series name runs =
                    name, seeds, ordered runs |> List.map (fun run -> run.Figures[protocol]) |> List.toArray
                {
                    Title = protocol
                    XLabel = "seed"
                    YLabel = "% right"
                    Series = [ series nameA a; series nameB b ]
                    LogY = false
                }
        ]

    /// The page.
    let html a b =
        let nameA, nameB = Compare.names a b
        let title = $"{nameA} and {nameB} on {a.Head.Set}"
        [
            $"<h1>{Html.escape title}</h1>"
            Html.notes "notes" (Compare.sentences a b)
            Html.section
                "Accuracy"
                ($"<p>{Html.escape (Compare.caption a)}</p>" + (Compare.table a b ||> Html.table))
            Html.library ()
            Html.section "By seed" (Html.panels (panels a b))
            Html.paper
            Html.section
                "Runs"
                (Html.table [ "recipe"; "seed"; "folder" ] [
                    for name, runs in [ nameA, ordered a; nameB, ordered b ] do
                        for run in runs do
                            [ name; string run.RunSeed; run.RunFolder ]
                ])
        ]
        |> String.concat "\n"
        |> Html.page title

    /// Writes compare.json, .csv, .md and .html into a folder; gives the paths.
    let save folder a b =
        Directory.CreateDirectory folder |> ignore
        [
            for name, text in
                [
                    "compare.json", json a b
                    "compare.csv", csv a b
                    "compare.md", Compare.markdown a b + "\n"
                    "compare.html", html a b
                ] do
                let path = Path.Combine (folder, name)
                Durable.writeText path text
                path
        ]

/// `./research compare RUN_A.. --with RUN_B.. [--out FOLDER]`.
module CompareCommand =
    let private usage =
        "./research compare RUN_A.. --with RUN_B.. [--out FOLDER] (folders of runs, one a seed)"

    // What follows --out, and the rest.
    let private split (arguments: string list) =
        match List.tryFindIndex ((=) "--out") arguments with
        | None -> None, arguments
        | Some at when at + 1 < arguments.Length ->
            Some arguments[at + 1], List.take at arguments @ List.skip (at + 2) arguments
        | Some _ -> raise (ComparisonException $"--out names no folder: {usage}")

    /// Prints the table and the sentences, and writes the page where a folder is named; the exit code.
    let main (arguments: string list) =
        try
            let out, arguments = split arguments
            match List.tryFindIndex ((=) "--with") arguments with
            | Some at ->
                let a = List.take at arguments |> List.map Compare.read
                let b = List.skip (at + 1) arguments |> List.map Compare.read
                printfn $"{Compare.markdown a b}"
                for folder in Option.toList out do
                    for path in ComparePage.save folder a b do
                        printfn $"  {path}"
                0
            | None -> raise (ComparisonException $"--with is missing: {usage}")
        with
        | ComparisonException text ->
            eprintfn $"{text}"
            1
        | :? IOException
        | :? UnauthorizedAccessException as e ->
            eprintfn $"The comparison could not be written: {e.Message} Name another folder by --out."
            1
