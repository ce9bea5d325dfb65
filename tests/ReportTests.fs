module Vantage.Tests.ReportTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open FsCheck
open FsCheck.FSharp
open SkiaSharp
open Vantage
open Vantage.Tests.PictureTests

let private panel title series : Chart.Panel = {
    Title = title
    XLabel = "step"
    YLabel = "nats"
    Series = series
    LogY = false
}

let private steps = [| 0.0; 1.0; 2.0; 3.0; 4.0 |]
let private broken = [| 5.0; nan; 3.0; infinity; 1.0 |]

let private values =
    Gen.frequency [
        4, Gen.choose (-50, 50) |> Gen.map float
        1, Gen.elements [ nan; infinity; -infinity; 0.0 ]
    ]

let private charts =
    testList "Chart" [
        testPropertyWithConfig config "runs are the points that can be drawn, in order, never across a gap"
        <| Prop.forAll
            (Arb.fromGen (Gen.zip (Gen.arrayOf values) (Gen.elements [ true; false ])))
            (fun (y, logY) ->
                let x = Array.init y.Length float
                let runs = Chart.runs logY x y
                let kept = Array.zip x y |> Array.filter (fun (x, y) -> Chart.drawable logY x y)
                Expect.equal
                    (runs |> List.map (fun (x, y) -> Array.zip x y) |> Array.concat)
                    kept
                    "the points"
                for x, _ in runs do
                    Expect.all (Array.pairwise x) (fun (a, b) -> b - a = 1.0) "neighbours"
                for (before, _), (after, _) in List.pairwise runs do
                    Expect.isGreaterThan (after[0] - Array.last before) 1.0 "a gap between runs")

        testCase "curves decode to two columns, with text and a gap"
        <| fun () ->
            let panels = [
                panel "Loss" [ "loss", steps, broken ]
                panel "Rate" [ "rate", steps, steps; "other", steps, steps ]
            ]
            use bitmap =
                Chart.curves "A run" (panels @ [ panel "Third" [ "third", steps, steps ] ])
                |> decode
            Expect.equal (bitmap.Width, bitmap.Height) (2 * 2 * 520, 2 * (44 + 2 * 320)) "size"
            Expect.isTrue (ink bitmap (SKRectI (40, 20, 200, 70))) "the title"
            Expect.isTrue (ink bitmap (SKRectI (300, 100, 740, 160))) "the first panel's title"
            Expect.isTrue (ink bitmap (SKRectI (400, 680, 640, 728))) "the first panel's horizontal label"
            Expect.isFalse (ink bitmap (SKRectI (1060, 740, 2080, 1368))) "nothing in the fourth place"

        testCase "values that are not finite, or not positive on a logarithmic axis, are gaps"
        <| fun () ->
            let none = Array.create 5 nan
            let log = { panel "Log" [ "y", steps, [| 1.0; 0.0; -1.0; 100.0; nan |] ] with LogY = true }
            let hold = panel "Nothing" [ "y", steps, none ]
            use bitmap =
                Chart.curves "Broken" [ log; hold; panel "Flat" [ "y", steps, Array.create 5 0.0 ] ]
                |> decode
            Expect.equal bitmap.Width 2080 "drawn"
            let blue (bitmap: SKBitmap) =
                bitmap.Pixels
                |> Array.filter (fun p -> p.Blue > 150uy && p.Red < 60uy)
                |> Array.length
            use whole =
                Chart.curves "w" [ panel "p" [ "y", steps, [| 5.0; 4.0; 3.0; 2.0; 1.0 |] ] ]
                |> decode
            use holed =
                Chart.curves "w" [ panel "p" [ "y", steps, [| 5.0; 4.0; nan; 2.0; 1.0 |] ] ]
                |> decode
            Expect.isLessThan (blue holed) (blue whole * 2 / 3) "half of the line is missing"
            Expect.isGreaterThan (blue holed) (blue whole / 3) "half of the line is there"

        testCase "logarithmic ticks lie within the axis and are at least two"
        <| fun () ->
            for low, high in [ 1.0, 1.5; 0.9, 7.0; 1e-5, 0.3; 1e-12, 1e12; 2.0, 2.001; 3e-4, 1e-3 ] do
                let ticks = Chart.logTicks low high
                Expect.isGreaterThanOrEqual ticks.Length 2 $"{low} to {high}"
                Expect.isLessThanOrEqual ticks.Length 10 $"{low} to {high}"
                Expect.all
                    ticks
                    (fun tick -> tick >= low * 0.998 && tick <= high * 1.002)
                    $"{low} to {high}: {ticks}"

        testCase "accuracies are bars in percent"
        <| fun () ->
            let subjects = [ "trained", [ 0.8; 0.9 ]; "random network", [ 0.4; 0.45 ] ]
            use bitmap = Chart.accuracies "Accuracy" [ "k-NN"; "linear" ] subjects |> decode
            Expect.equal (bitmap.Width, bitmap.Height) (1520, 880) "size"
            let count (red, green, blue) =
                bitmap.Pixels
                |> Array.filter (fun p -> (p.Red, p.Green, p.Blue) = (red, green, blue))
                |> Array.length
                |> float
            let ratio = count (0uy, 0x72uy, 0xB2uy) / count (0xD5uy, 0x5Euy, 0x00uy)
            Expect.isTrue (abs (ratio - 2.0) < Close.barArea) $"areas as 1.7 to 0.85, not {ratio}"

        testCase "bad input is named"
        <| fun () ->
            failing "no panel" (fun () -> Chart.curves "t" [])
            failing "\"Loss\" has no curve" (fun () -> Chart.curves "t" [ panel "Loss" [] ])
            failing "\"a\" of panel \"Loss\" has no point" (fun () ->
                Chart.curves "t" [ panel "Loss" [ "a", [||], [||] ] ])
            failing "has 5 x and 1 y" (fun () -> Chart.curves "t" [ panel "Loss" [ "a", steps, [| 1.0 |] ] ])
            failing "outside [0, 1]" (fun () -> Chart.accuracies "t" [ "k-NN" ] [ "trained", [ 82.3 ] ])
            failing "outside [0, 1]" (fun () -> Chart.accuracies "t" [ "k-NN" ] [ "trained", [ nan ] ])
            failing "for 2 protocols" (fun () ->
                Chart.accuracies "t" [ "k-NN"; "linear" ] [ "trained", [ 0.5 ] ])
    ]

let private picture = Picture.grid 2 [] [ { Label = ""; Tiles = [ image ] } ]

let private sample = {
    Title = "SimCLR <glyphs> & \"more\""
    Facts = [ "seconds", "423.1"; "device", "cpu <2 threads>" ]
    Results = [ "protocol"; "trained" ], [ [ "k-NN"; "82.3 %" ]; [ "linear"; "<86.1 %>" ] ]
    Gauges = [ "gauge"; "trained" ], [ [ "spread"; "0.5" ] ]
    Panels = [
        panel "Loss" [ "loss", steps, broken; "</script><b>", steps, [| 0.1; 0.2; 0.3; 0.4; 1e-7 |] ]
        { panel "Rate" [ "rate", steps, [| 0.3; 0.0; 0.1; 0.05; 0.01 |] ] with LogY = true }
    ]
    Pictures = [ "views <before>", picture ]
    Recipe = "let f x = if x < 3 then \"a\" else 'b' // </pre><script>alert(1)</script>"
    Warnings = [ "spread <0.1" ]
    Refresh = None
}

/// The page without plotly.js, which names addresses in its messages but asks for none of them here.
let private own (html: string) = html.Replace (Html.library (), "")

let private figures (html: string) =
    Regex.Matches (html, "const figure = (.*);")
    |> Seq.map (fun found -> JsonDocument.Parse found.Groups[1].Value)
    |> Array.ofSeq

/// The numbers of an array in which a value that cannot be drawn is a string.
let private numbers (values: JsonElement) =
    values.EnumerateArray ()
    |> Seq.map (fun value -> if value.ValueKind = JsonValueKind.Number then value.GetDouble () else nan)
    |> Array.ofSeq

let private pages =
    testList "Html" [
        testCase "a report asks the network for nothing"
        <| fun () ->
            let html = Html.report sample
            Expect.equal (html.Split(Html.library ()).Length - 1) 1 "plotly.js is inside, once"
            let own = own html
            Expect.isFalse (own.Contains ("://", StringComparison.Ordinal)) "no address"
            Expect.isFalse
                (Regex.IsMatch (
                    own,
                    @"<link|<iframe|@import|url\(|<script[^>]+src|<base",
                    RegexOptions.IgnoreCase
                ))
                "nothing to fetch"
            for source in Regex.Matches (own, "src=\"([^\"]*)\"") do
                Expect.stringStarts source.Groups[1].Value "data:image/png;base64," "pictures are inside"

        testCase "text is escaped everywhere"
        <| fun () ->
            let own = own (Html.report sample)
            Expect.stringContains own "if x &lt; 3 then &quot;a&quot;" "the recipe"
            Expect.isFalse (own.Contains "alert(1)</script>") "no script from a recipe"
            Expect.equal
                (Regex.Count (own, "</script>"))
                (Regex.Count (own, "<script>"))
                "scripts end where they should"
            for part in
                [
                    "SimCLR &lt;glyphs&gt; &amp;"
                    "cpu &lt;2 threads&gt;"
                    "&lt;86.1 %&gt;"
                    "views &lt;before&gt;"
                    "spread &lt;0.1"
                ] do
                Expect.stringContains own part "escaped"

        testCase "every panel's data is in the page, gaps as gaps"
        <| fun () ->
            let found = figures (own (Html.report sample))
            Expect.equal found.Length sample.Panels.Length "one figure for each panel"
            for panel, figure in Array.zip (Array.ofList sample.Panels) found do
                let lines = figure.RootElement.GetProperty("data").EnumerateArray() |> Array.ofSeq
                Expect.equal lines.Length panel.Series.Length "one line for each curve"
                for (_, x, y), line in Array.zip (Array.ofList panel.Series) lines do
                    let expected =
                        y |> Array.map (fun y -> if Chart.drawable panel.LogY 0.0 y then y else nan)
                    Expect.equal (numbers (line.GetProperty "x")) x "x"
                    let found = numbers (line.GetProperty "y")
                    Expect.equal found.Length expected.Length "as many y"
                    Expect.isTrue (Array.forall2 (fun (a: float) b -> a.Equals b) found expected) $"y {found}"

        testCase "the same report gives the same bytes"
        <| fun () -> Expect.equal (Html.report sample) (Html.report sample) "equal"

        testCase "what is empty is left out"
        <| fun () ->
            let html =
                Html.report {
                    Title = "t"
                    Facts = []
                    Results = [], []
                    Gauges = [], []
                    Panels = []
                    Pictures = []
                    Recipe = ""
                    Warnings = []
                    Refresh = None
                }
            Expect.isLessThan html.Length 10_000 "no plotly.js without a chart"
            Expect.isFalse (html.Contains "<h2>") "no empty section"

        testCase "bad input is named"
        <| fun () ->
            failing "row 1 has 1 cells" (fun () -> Html.table [ "a"; "b" ] [ [ "1"; "2" ]; [ "3" ] ])
            failing "no PNG" (fun () -> Html.image "views" [| 1uy; 2uy |])
            failing "has no curve" (fun () -> Html.report { sample with Panels = [ panel "Loss" [] ] })
    ]

[<Tests>]
let tests = testList "Report" [ charts; pages ]
