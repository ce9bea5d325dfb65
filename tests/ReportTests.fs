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

let private decode (png: byte[]) = SKBitmap.Decode png

/// Whether any pixel of the rectangle is dark: text was drawn on the light ground.
let private ink (bitmap: SKBitmap) (area: SKRectI) =
    seq {
        for y in max 0 area.Top .. min bitmap.Height area.Bottom - 1 do
            for x in max 0 area.Left .. min bitmap.Width area.Right - 1 do
                bitmap.GetPixel(x, y).Red
    }
    |> Seq.exists (fun red -> red < 150uy)

type private Case = { Scale: int; Columns: string list; Rows: TileRow list }

let private words =
    Gen.elements [
        ""
        "view"
        "crop 3, 4, 20 × 18"
        "averylongwordwithoutanyspaceinitatall"
        "flip, hue +0.06, blur 0.84"
    ]

let private tile = gen {
    let! channels = Gen.elements [ 1; 3 ]
    let! height = Gen.choose (1, 9)
    let! width = Gen.choose (1, 9)
    let! pixels = Gen.arrayOfLength (channels * height * width) (Gen.choose (0, 255) |> Gen.map byte)
    let! lines = Gen.choose (0, 2)
    let! caption = Gen.listOfLength lines words
    return Picture.ofBytes channels height width pixels |> Picture.withCaption caption
}

let private case =
    gen {
        let! scale = Gen.choose (1, 5)
        let! count = Gen.choose (1, 3)
        let! rows =
            Gen.listOfLength
                count
                (gen {
                    let! label = words
                    let! length = Gen.choose (1, 4)
                    let! tiles = Gen.listOfLength length tile
                    return { Label = label; Tiles = tiles }
                })
        let! columns = Gen.listOfLength (rows |> List.map _.Tiles.Length |> List.max) words
        return { Scale = scale; Columns = columns; Rows = rows }
    }
    |> Arb.fromGen

let private config = { FsCheckConfig.defaultConfig with maxTest = 40 }

let private image = Picture.ofBytes 1 2 2 [| 0uy; 255uy; 128uy; 64uy |]

let private failing part (action: unit -> 'a) =
    let message =
        try
            action () |> ignore
            failtest "no error"
        with :? ArgumentException as e ->
            e.Message
    Expect.stringContains message part "names the fault"

let private pictures =
    testList "Picture" [
        testPropertyWithConfig config "every pixel is shown exactly, enlarged"
        <| Prop.forAll case (fun case ->
            let layout = Picture.layout case.Scale case.Columns case.Rows
            use bitmap = Picture.grid case.Scale case.Columns case.Rows |> decode
            Expect.equal (bitmap.Width, bitmap.Height) (layout.Width, layout.Height) "size"
            for row, areas in List.zip case.Rows layout.Images do
                for tile, area in List.zip row.Tiles areas do
                    Expect.equal
                        (area.Width, area.Height)
                        (tile.Width * case.Scale, tile.Height * case.Scale)
                        "size of one image"
                    for y in 0 .. area.Height - 1 do
                        for x in 0 .. area.Width - 1 do
                            let at channel =
                                let plane = if tile.Channels = 1 then 0 else channel
                                let i = (plane * tile.Height + y / case.Scale) * tile.Width + x / case.Scale
                                byte (tile.Pixels[i] * 255.0f + 0.5f)
                            let seen = bitmap.GetPixel (area.Left + x, area.Top + y)
                            if (seen.Red, seen.Green, seen.Blue) <> (at 0, at 1, at 2) then
                                failtestf
                                    "pixel %d, %d is %O instead of %d %d %d"
                                    x
                                    y
                                    seen
                                    (at 0)
                                    (at 1)
                                    (at 2))

        testPropertyWithConfig config "nothing overlaps, and all lies within the picture"
        <| Prop.forAll case (fun case ->
            let layout = Picture.layout case.Scale case.Columns case.Rows
            let areas =
                List.concat layout.Images
                @ List.concat layout.Captions
                @ layout.ColumnLabels
                @ layout.RowLabels
                |> List.filter (fun area -> area.Width > 0 && area.Height > 0)
            let all = SKRectI (0, 0, layout.Width, layout.Height)
            for i, a in List.indexed areas do
                Expect.isTrue (all.Contains a) $"{a} within {all}"
                for b in List.skip (i + 1) areas do
                    Expect.isFalse (a.IntersectsWith b) $"{a} and {b} apart")

        testCase "labels and captions are drawn, in their places"
        <| fun () ->
            let rows caption = [ { Label = "image 7"; Tiles = [ image; Picture.withCaption caption image ] } ]
            let columns = [ "source"; "view" ]
            let layout = Picture.layout 8 columns (rows [ "crop 3, 4"; "flip" ])
            use bitmap = Picture.grid 8 columns (rows [ "crop 3, 4"; "flip" ]) |> decode
            for area in layout.ColumnLabels @ layout.RowLabels @ [ layout.Captions[0][1] ] do
                Expect.isTrue (ink bitmap area) $"ink in {area}"
            use bare = Picture.grid 8 columns (rows [ " " ]) |> decode
            let below = layout.Captions[0][1]
            Expect.isFalse
                (ink bare (SKRectI.Intersect (below, SKRectI (0, 0, bare.Width, bare.Height))))
                "no caption, no ink"

        testCase "what a caption needs is in the embedded typeface"
        <| fun () ->
            Expect.isTrue (Font.covers "brightness ×1.2, hue ±0.1, σ 0.84, √d, k ≤ 200, 20°, é") "covered"
            Expect.isFalse (Font.covers "\u4e00") "a Chinese character is not"
            use face = Font.sans true
            use mono = Font.mono ()
            Expect.equal (face.FamilyName, face.IsBold) ("DejaVu Sans", true) "bold"
            Expect.isTrue mono.IsFixedPitch "mono"

        testCase "standardized values are undone"
        <| fun () ->
            let mean, deviation = [| 0.5f; 0.25f; 0.75f |], [| 0.5f; 0.25f; 0.125f |]
            let tile = Picture.ofStandardized mean deviation 3 1 2 [| -1.0f; 1.0f; -1.0f; 3.0f; 0.0f; 2.0f |]
            Expect.equal tile.Pixels [| 0.0f; 1.0f; 0.0f; 1.0f; 0.75f; 1.0f |] "x = y * deviation + mean"

        testCase "bad input is named"
        <| fun () ->
            failing "2 channels" (fun () -> Picture.ofFloats 2 1 1 [| 0.0f; 0.0f |])
            failing "3 values given" (fun () -> Picture.ofFloats 1 2 2 [| 0.0f; 0.0f; 0.0f |])
            failing "value 1 is 2.1" (fun () -> Picture.ofFloats 1 1 2 [| 0.0f; 2.1f |])
            failing "value 0 is NaN" (fun () -> Picture.ofFloats 1 1 1 [| nanf |])
            failing "scale 0" (fun () -> Picture.grid 0 [] [ { Label = ""; Tiles = [ image ] } ])
            failing "no image" (fun () -> Picture.grid 1 [] [ { Label = "empty"; Tiles = [] } ])
            failing "2 column labels" (fun () ->
                Picture.grid 1 [ "a"; "b" ] [ { Label = ""; Tiles = [ image ] } ])
    ]

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
    Panels = [
        panel "Loss" [ "loss", steps, broken; "</script><b>", steps, [| 0.1; 0.2; 0.3; 0.4; 1e-7 |] ]
        { panel "Rate" [ "rate", steps, [| 0.3; 0.0; 0.1; 0.05; 0.01 |] ] with LogY = true }
    ]
    Pictures = [ "views <before>", picture ]
    Recipe = "let f x = if x < 3 then \"a\" else 'b' // </pre><script>alert(1)</script>"
    Warnings = [ "spread <0.1" ]
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
                    Panels = []
                    Pictures = []
                    Recipe = ""
                    Warnings = []
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
let tests = testList "Report" [ pictures; charts; pages ]
