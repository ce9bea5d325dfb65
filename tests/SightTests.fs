module Vantage.Tests.SightTests

open Expecto
open FsCheck
open TorchSharp
open Vantage
open Vantage.Tests.PictureTests

let private noise (seed: int) (n: int) (d: int) =
    use generator = new torch.Generator (uint64 seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator)

let private config = { FsCheckConfig.defaultConfig with maxTest = 10 }

// Ten groups about the axes of sixteen dimensions.
let private groups n =
    let labels = Array.init n (fun i -> i % 10)
    let corners = torch.eye(10L, 16L).index_select(0L, torch.tensor (Array.map int64 labels))
    corners + noise 5 n 16 * Scope.number 0.05, labels

let private split = Generators.patterns "pictures" 12 3 18 4

let private value name (gauges: Gauge list) = (gauges |> List.find (fun g -> g.Name = name)).Value

/// Pictures of representations, and gauges by one call.
[<Tests>]
let tests =
    testList "Sights" [
        testPropertyWithConfig
            config
            "an image among those that are looked at is nearest to itself, and cosines fall"
            (fun (PositiveInt seed) ->
                use _ = torch.NewDisposeScope ()
                let x = noise seed 20 6
                let found = Sights.nearest 5 x (x * Scope.number 3.0)
                Expect.equal (found |> Array.map (Array.head >> fst)) [| 0..19 |] "itself"
                for row in found do
                    Expect.floatClose Accuracy.medium (snd row[0]) 1.0 "cosine of one"
                    Expect.equal
                        (row |> Array.map snd)
                        (row |> Array.map snd |> Array.sortDescending)
                        "falling")
        test "more neighbours than images are refused" {
            Expect.throwsC (fun () -> Sights.nearest 4 (noise 1 3 2) (noise 2 1 2) |> ignore) (fun e ->
                Expect.stringContains e.Message "4 neighbours are more than the 3 images" "named")
        }
        test "a row of nearest images names classes and marks another one" {
            let rows = Sights.retrieval [ "a"; "b"; "c"; "d" ] split split [| 1 |] [| [| 5, 0.9; 2, 0.8 |] |]
            let captions = rows.Head.Tiles |> List.map _.Caption
            Expect.equal captions [ [ "b" ]; [ "b"; "0.900" ]; [ "≠ c"; "0.800" ] ] "captions"
            use picture = Picture.grid 2 [ "query"; "1"; "2" ] rows |> decode
            Expect.isGreaterThan picture.Width (3 * 36) "drawn"
            Expect.isTrue (Font.covers "≠") "the typeface has the mark"
        }
        test "places lie on a grid of the image's aspect" {
            Expect.equal (Sights.grid 49 28 28) (Some (7, 7)) "square"
            Expect.equal (Sights.grid 18 30 60) (Some (3, 6)) "wide"
            Expect.equal (Sights.grid 50 28 28) None "no grid"
        }
        test "an image is painted by its places' clusters" {
            let black = Picture.ofBytes 1 4 6 (Array.zeroCreate 24)
            let painted = Sights.painted black (2, 3) [| 0; 1; 2; 3; 4; 5 |]
            Expect.equal painted.Channels 3 "in colour"
            for y in 0..3 do
                for x in 0..5 do
                    let cluster = y / 2 * 3 + x / 2
                    let hex = System.Convert.ToInt32 (Chart.colour(cluster).Substring 1, 16)
                    let red = float32 (hex >>> 16) / 255.0f
                    Expect.floatClose
                        Accuracy.medium
                        (float painted.Pixels[y * 6 + x])
                        (float (0.55f * red))
                        $"red at {x}, {y}"
        }
        test "clusters far apart are found from every seed" {
            let x, labels = groups 200
            for seed in [ 1UL; 2UL; 3UL ] do
                let own = Portrait.clusters seed 10 x
                Expect.isGreaterThan (Structure.mutualInformation own labels) 0.85 "most of ten groups"
                Expect.equal (Portrait.clusters seed 10 x) own "the same again"
            Expect.throwsC (fun () -> Portrait.clusters 1UL 201 x |> ignore) (fun e ->
                Expect.stringContains e.Message "201 clusters of 200 features" "named")
        }
        test "gauges of collapsed and of even features" {
            use _ = torch.NewDisposeScope ()
            let collapsed = Portrait.ofFeatures (torch.ones (40L, 6L))
            Expect.isLessThan (value "spread" collapsed) 1e-3 "no spread"
            Expect.equal (value "effectiveRank" collapsed) 0.0 "no rank"
            let even = Portrait.ofFeatures (noise 7 4000 6)
            Expect.isTrue (abs (value "spread" even - 1.0) < 0.02) "spread of one"
            Expect.isGreaterThan (value "effectiveRank" even) 5.9 "all six"
            Expect.equal (value "unused" even) 0.0 "none unused"
            let half = Portrait.ofFeatures (torch.cat ([| noise 7 400 3; torch.zeros (400L, 3L) |], 1L))
            Expect.equal (value "unused" half) 50.0 "half unused"
            let same = Portrait.ofPairs 0.5 (noise 8 50 6) (noise 8 50 6)
            Expect.equal (value "contrastiveAccuracy" same) 100.0 "each finds itself"
            Expect.isLessThan (value "alignment" same) 1e-9 "both views agree"
            let x, labels = groups 400
            let grouped = Portrait.ofLabels 1UL 10 x labels
            Expect.equal (value "nearestMean" grouped) 100.0 "each nearest to its class"
        }
        test "every gauge has words" {
            let x, labels = groups 100
            for gauge in
                Portrait.ofFeatures x
                @ Portrait.ofPairs 1.0 x x
                @ Portrait.ofLabels 1UL 10 x labels do
                Expect.isNotEmpty (Portrait.words gauge.Name) gauge.Name
        }
        test "points in the plane are drawn in their class's colour, and what cannot be is refused" {
            let at = Array.init 60 (fun i -> float (i % 10), float (i / 10))
            use picture =
                Scatter.points "Points" [ "a"; "b" ] at (Array.init 60 (fun i -> i % 2))
                |> decode
            Expect.equal (picture.Width, picture.Height) (640, 680) "size"
            let blueish (p: SkiaSharp.SKColor) = p.Blue > 150uy && p.Red < 100uy
            let reddish (p: SkiaSharp.SKColor) = p.Red > 180uy && p.Blue < 100uy
            for name, test in [ "first", blueish; "second", reddish ] do
                Expect.isGreaterThan
                    (picture.Pixels |> Array.filter test |> Array.length)
                    500
                    $"the {name} class's colour"
            failing "2 points and 1 classes" (fun () ->
                Scatter.points "t" [ "a" ] [| 0.0, 0.0; 1.0, 1.0 |] [| 0 |])
            failing "it cannot be drawn" (fun () -> Scatter.points "t" [ "a" ] [| nan, 0.0 |] [| 0 |])
            failing "class 1 of 1" (fun () -> Scatter.points "t" [ "a" ] [| 0.0, 0.0 |] [| 1 |])
        }
    ]
