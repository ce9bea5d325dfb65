namespace Vantage

open System
open System.Globalization
open System.IO
open System.Text.Json

/// Findings as files: JSON, CSV, Markdown tables, PNG pictures and one HTML page that needs no network.
module BatteryPage =
    let private number (pattern: string) (x: float) =
        if Double.IsFinite x then
            x.ToString (pattern, CultureInfo.InvariantCulture)
        else
            "-"

    let private percent = number "F2"

    let private exact = number "R"

    let private optional show = Option.map show >> Option.defaultValue "-"

    /// Accuracies as a table: its header and rows.
    let scores (it: Findings) =
        [ "protocol, % right"; "trained"; "random network"; "raw pixels"; "s" ],
        [
            for s in it.Scores ->
                [
                    Protocol.name s.Protocol
                    percent s.Trained
                    optional percent s.Random
                    optional percent s.Raw
                    number "F1" s.Seconds
                ]
        ]

    /// Gauges as a table.
    let gauges (it: Findings) =
        [ "gauge"; "of"; "trained"; "random network"; "what it says" ],
        [
            for g in it.Gauges ->
                [ g.Gauge; g.Layer; Show.gauge g.OfTrained; Show.gauge g.OfRandom; Portrait.words g.Gauge ]
        ]

    /// Likeness of layers as a table.
    let likeness (it: Findings) =
        "layer" :: it.Layers @ [ "the same, random network" ],
        List.map3
            (fun name row changed -> name :: List.map (number "F3") row @ [ number "F3" changed ])
            it.Layers
            it.Likeness
            it.Changed

    /// Facts of an evaluation, name and value.
    let facts (it: Findings) = [
        "run", it.Run
        "checkpoint", $"step {it.Step}"
        "trained on", it.Recipe.Data
        "evaluated on", $"{it.Data}, {it.TrainImages} training and {it.TestImages} test images"
        "gauges",
        $"of {min Examine.looked (max it.TestImages 1)} images at most, without augmentation; z of two views with it"
        "time", $"{Metrics.duration it.Seconds} on {Environment.ProcessorCount} cores"
        "fingerprint", (Print.fingerprint it.Recipe).Substring(0, 16)
    ]

    let private title (it: Findings) = $"{it.Recipe.Name}: evaluation on {it.Data}"

    let private rows ((header, body): string list * string list list) =
        let line cells = "| " + String.concat " | " cells + " |"
        line header :: "|" + String.replicate header.Length "---|" :: List.map line body

    /// The tables as Markdown.
    let markdown (it: Findings) =
        String.concat "\n" [
            $"# {title it}"
            ""
            for name, value in facts it do
                $"- {name}: {value}"
            ""
            yield! rows (scores it)
            ""
            for s in it.Scores do
                $"- {Protocol.name s.Protocol}: {Protocol.words s.Protocol}"
            ""
            yield! rows (gauges it)
            ""
            "Linear CKA of layers:"
            ""
            yield! rows (likeness it)
            if not it.Absent.IsEmpty then
                ""
                "Not measured:"
                ""
            for why in it.Absent do
                $"- {why}"
            ""
        ]

    let private quoted (text: string) =
        if text.IndexOfAny [| ','; '"'; '\n' |] < 0 then
            text
        else
            "\"" + text.Replace ("\"", "\"\"") + "\""

    /// Every number as lines of kind, of, name, trained, random, raw.
    let csv (it: Findings) =
        String.concat "\n" [
            "kind,of,name,trained,random,raw"
            for s in it.Scores do
                let cells = [
                    "accuracy"
                    it.Data
                    Protocol.name s.Protocol
                    exact s.Trained
                    optional exact s.Random
                    optional exact s.Raw
                ]
                cells |> List.map quoted |> String.concat ","
            for g in it.Gauges do
                [ "gauge"; g.Layer; g.Gauge; exact g.OfTrained; exact g.OfRandom; "" ]
                |> List.map quoted
                |> String.concat ","
            for name, row in List.zip it.Layers it.Likeness do
                for other, value in List.zip it.Layers row do
                    $"cka,{name},{other},{exact value},,"
            ""
        ]

    /// Everything but the pictures as JSON; a number that is not finite is null.
    let json (it: Findings) =
        let finite x : objnull = if Double.IsFinite x then box x else null
        let table (rows: (string * objnull) list) = dict rows
        let content =
            dict [
                "run", box it.Run
                "name", box it.Recipe.Name
                "recipe", box (Print.fingerprint it.Recipe)
                "seed", box it.Recipe.Seed
                "trainedOn", box it.Recipe.Data
                "data", box it.Data
                "step", box it.Step
                "seconds", box it.Seconds
                "scores",
                box [
                    for s in it.Scores ->
                        table [
                            "protocol", box (Protocol.name s.Protocol)
                            "words", box (Protocol.words s.Protocol)
                            "trained", finite s.Trained
                            "random", s.Random |> Option.map finite |> Option.defaultValue null
                            "raw", s.Raw |> Option.map finite |> Option.defaultValue null
                            "seconds", box s.Seconds
                        ]
                ]
                "gauges",
                box [
                    for g in it.Gauges ->
                        table [
                            "gauge", box g.Gauge
                            "of", box g.Layer
                            "trained", finite g.OfTrained
                            "random", finite g.OfRandom
                        ]
                ]
                "layers", box it.Layers
                "cka", box (it.Likeness |> List.map (List.map finite))
                "ckaWithRandom", box (it.Changed |> List.map finite)
                "eigenvalues", box (dict it.Spectra)
                "pictures", box (it.Exhibits |> List.map _.File)
                "absent", box it.Absent
            ]
        JsonSerializer.Serialize (content, JsonSerializerOptions (WriteIndented = true))
        + "\n"

    // Accuracy by the share of labels, where a protocol was measured with several.
    let private byLabels (it: Findings) : Chart.Panel list =
        let share =
            function
            | Protocol.FewLabels (LabelShare.Balanced percent, inner) -> Some (inner, percent)
            | Protocol.FewLabels _ -> None
            | whole -> Some (whole, 100.0)
        it.Scores
        |> List.choose (fun s -> share s.Protocol |> Option.map (fun (inner, percent) -> inner, (percent, s)))
        |> List.groupBy fst
        |> List.choose (fun (inner, all) ->
            let all = all |> List.map snd |> List.sortBy fst
            if all.Length < 2 then
                None
            else
                let x = all |> List.map (fst >> log10) |> List.toArray
                let series name pick = name, x, all |> List.map (snd >> pick) |> List.toArray
                Some {
                    Title = $"Accuracy by labels ({Protocol.name inner})"
                    XLabel = "log10 of the percentage of labels"
                    YLabel = "% right"
                    Series = [
                        series "trained" _.Trained
                        series "random network" (fun s -> Option.defaultValue nan s.Random)
                        series "raw pixels" (fun s -> Option.defaultValue nan s.Raw)
                    ]
                    LogY = false
                })

    let private panels (it: Findings) : Chart.Panel list =
        byLabels it
        @ [
            for layer in [ "h"; "z" ] ->
                {
                    Title = $"Spectrum of {layer}"
                    XLabel = "direction"
                    YLabel = "eigenvalue, largest = 1"
                    Series = [
                        for name, values in it.Spectra do
                            if name.StartsWith $"{layer}," then
                                name,
                                Array.init values.Length (fun i -> float (i + 1)),
                                // Below that is rounding.
                                values
                                |> Array.map (fun v -> if v > 1e-9 * values[0] then v / values[0] else nan)
                    ]
                    LogY = true
                }
        ]

    /// The page.
    let html (it: Findings) =
        let table (header, rows) = if List.isEmpty rows then "" else Html.table header rows
        let protocols =
            it.Scores
            |> List.map (fun s -> Protocol.name s.Protocol, Protocol.words s.Protocol)
            |> Html.facts
        let measured = Html.section "Accuracy" (table (scores it)) + Html.section "Protocols" protocols
        [
            $"<h1>{Html.escape (title it)}</h1>"
            Html.facts (facts it)
            measured
            Html.library ()
            Html.section "Charts" (Html.panels (panels it))
            Html.paper
            Html.section "Pictures" (it.Exhibits |> List.map (fun s -> s.Caption, s.Png) |> Html.pictures)
            Html.section "Gauges" (table (gauges it))
            Html.section "Likeness of layers (linear CKA)" (table (likeness it))
            Html.section "Not measured" (Html.notes "notes" it.Absent)
            Html.section "Recipe" (Html.code (Print.recipe it.Recipe))
        ]
        |> String.concat "\n"
        |> Html.page (title it)

    /// Writes evaluation.json, .csv, .md and .html and the pictures into a folder; gives the paths.
    let save (folder: string) (it: Findings) =
        Directory.CreateDirectory folder |> ignore
        let path (name: string) = Path.Combine (folder, name)
        let texts = [
            "evaluation.json", json it
            "evaluation.csv", csv it
            "evaluation.md", markdown it
            "evaluation.html", html it
        ]
        for name, text in texts do
            Durable.writeText (path name) text
        for sight in it.Exhibits do
            File.WriteAllBytes (path sight.File, sight.Png)
        (texts |> List.map fst) @ (it.Exhibits |> List.map _.File) |> List.map path
