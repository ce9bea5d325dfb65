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

    /// Figures as a table: its header and rows. Those of each severity of a corruption are left out; their means stay.
    let scores (it: Findings) =
        let hidden =
            BatteryCharts.severities it
            |> List.collect (fun (kinds, name) -> List.collect (BatteryCharts.single kinds name) [ 1..5 ])
            |> Set
        [ "protocol, % right"; "trained"; "random network"; "raw pixels" ],
        [
            for s in it.Scores do
                if not (hidden.Contains s.Name) then
                    s.Name :: ([ s.Trained; s.Random; s.Raw ] |> List.map (optional percent))
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

    /// Likeness of layers with another run's as a table; nothing where none was named.
    let beside (it: Findings) =
        match it.Beside with
        | None -> [], []
        | Some (_, theirs, values) ->
            "layer" :: List.map (sprintf "%s there") theirs,
            List.map2 (fun name row -> name :: List.map (number "F3") row) it.Layers values

    /// Facts of an evaluation, name and value.
    let facts (it: Findings) = [
        "run", it.Run
        "checkpoint", $"step {it.Step}"
        "trained on", it.Recipe.Data
        "evaluated on", $"{it.Data}, {it.TrainImages} training and {it.TestImages} test images"
        "transferred to", it.Transfer |> Option.defaultValue "no other set"
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
            for protocol in it.Protocols do
                $"- {Protocol.name protocol}: {Protocol.words protocol}"
            ""
            yield! rows (gauges it)
            ""
            "Linear CKA of layers:"
            ""
            yield! rows (likeness it)
            match it.Beside with
            | Some (run, _, _) ->
                ""
                $"With {run}:"
                ""
                yield! rows (beside it)
            | None -> ()
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
                    s.Name
                    optional exact s.Trained
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
            for _, theirs, values in Option.toList it.Beside do
                for name, row in List.zip it.Layers values do
                    for other, value in List.zip theirs row do
                        $"cka beside,{name},{other},{exact value},,"
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
                "transferredTo", it.Transfer |> Option.map box |> Option.defaultValue null
                "step", box it.Step
                "seconds", box it.Seconds
                "scores",
                box [
                    for s in it.Scores ->
                        table [
                            "protocol", box s.Name
                            "trained", s.Trained |> Option.map finite |> Option.defaultValue null
                            "random", s.Random |> Option.map finite |> Option.defaultValue null
                            "raw", s.Raw |> Option.map finite |> Option.defaultValue null
                        ]
                ]
                "protocols", box (dict [ for p in it.Protocols -> Protocol.name p, Protocol.words p ])
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
                "ckaBeside",
                (match it.Beside with
                 | Some (run, theirs, values) ->
                     box (
                         table [
                             "run", box run
                             "layers", box theirs
                             "cka", box (values |> List.map (List.map finite))
                         ]
                     )
                 | None -> null)
                "ckaWithRandom", box (it.Changed |> List.map finite)
                "eigenvalues", box (dict it.Spectra)
                "pictures", box (it.Exhibits |> List.map _.File)
                "absent", box it.Absent
            ]
        JsonSerializer.Serialize (content, JsonSerializerOptions (WriteIndented = true))
        + "\n"

    /// The page.
    let html (it: Findings) =
        let table (header, rows) = if List.isEmpty rows then "" else Html.table header rows
        let protocols =
            it.Protocols
            |> List.map (fun protocol -> Protocol.name protocol, Protocol.words protocol)
            |> Html.facts
        let measured = Html.section "Accuracy" (table (scores it)) + Html.section "Protocols" protocols
        [
            $"<h1>{Html.escape (title it)}</h1>"
            Html.facts (facts it)
            measured
            Html.library ()
            Html.section "Charts" (Html.panels (BatteryCharts.panels it))
            Html.paper
            Html.section "Pictures" (it.Exhibits |> List.map (fun s -> s.Caption, s.Png) |> Html.pictures)
            Html.section "Gauges" (table (gauges it))
            Html.section "Likeness of layers (linear CKA)" (table (likeness it))
            match it.Beside with
            | Some (run, _, _) -> Html.section $"Likeness with {run} (linear CKA)" (table (beside it))
            | None -> ()
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
