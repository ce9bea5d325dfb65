/// Pictures, histograms and captions of views.
module Vantage.Tests.InspectTests

open System
open Expecto
open Vantage
open Vantage.Kernels

let private images =
    let split = Generators.patterns "inspect" 3 3 32 3
    [ split.Read 0; split.Read 1; split.Read 2 ]

let private view =
    augment [ crop 16<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let private isPng (bytes: byte array) = bytes[..3] = [| 137uy; 80uy; 78uy; 71uy |]

[<Tests>]
let tests =
    testList "Inspect" [
        testCase "views of every kind become pictures" (fun () ->
            for augmentation in
                [
                    view
                    augment [ crop 15<px> (between 0.6 1.0); jigsaw 3 4<px> ]
                    augment [ crop 16<px> (between 0.6 1.0); lab; keepChannels 1 2 ]
                    augment [ crop 16<px> (between 0.6 1.0); maskPatches 4<px> 0.5 ]
                    randAugment 2 20
                ] do
                Expect.isTrue (isPng (Inspect.png augmentation 2 images)) "a picture")

        testCase "a caption says what was drawn" (fun () ->
            let row = (Inspect.rows view 3 images).Head
            let text = row.Tiles[1].Caption |> String.concat "; "
            Expect.stringContains text "crop" "the crop"
            Expect.equal row.Tiles.Length 4 "the image and three views")

        testCase "crops of one image share their intensities; colour distortion takes that away" (fun () ->
            let cropped = crop 24<px> (between 0.5 1.0)
            let panels =
                Inspect.intensities
                    [ "crop", cropped; "crop and colour", augment [ cropped; colorDistortion 1.0 ] ]
                    6
                    images.Head
            // Half the sum of absolute differences of two histograms: 0 the same, 1 disjoint.
            let apart (panel: Chart.Panel) =
                let heights = panel.Series |> List.map (fun (_, _, y) -> y)
                List.allPairs heights heights
                |> List.averageBy (fun (a, b) ->
                    0.5 * Array.fold2 (fun sum x y -> sum + abs (x - y)) 0.0 a b)
            let alone, coloured = apart panels[0], apart panels[1]
            Expect.isLessThan alone (0.6 * coloured) $"apart by {alone:F2} and {coloured:F2}"
            for panel in panels do
                for _, _, y in panel.Series do
                    // Each bar has two corners.
                    Expect.floatClose Accuracy.medium (Array.sum y) 2.0 "shares")

        testCase "parameters look like their distributions" (fun () ->
            let panels = Inspect.parameters view 4000 (200, 200)
            let one (name: string) = panels |> List.find (fun p -> p.Title.StartsWith name)
            let _, x, y = (one "hue").Series.Head
            Expect.isTrue (Array.head x >= -0.2 && Array.last x <= 0.2) "hue within a fifth of a turn"
            // 3,200 uniform values in 20 bars: 160 each with a standard deviation of 12.
            for share in y[1 .. y.Length - 2] do
                Expect.isLessThan (abs (share - 0.05)) (6.0 * 12.0 / 3200.0) "uniform"
            let rates = Map.ofList (Inspect.rates view 4000 (200, 200))
            // 4,000 views, one in five grey: a standard deviation of 0.0063.
            Expect.isLessThan
                (abs (rates[Operation.Grayscale] - 0.2))
                (6.0 * 0.0063)
                "one view in five is grey"
            Expect.equal rates[Operation.Crop] 1.0 "every view is a crop")

        testCase "an affine map is told by what it does" (fun () ->
            let moved = {
                warp with
                    Degrees = exactly 30.0
                    Right = exactly 0.1
                    Down = exactly -0.2
                    Scale = exactly 1.5
            }
            let middle (name: string) =
                let panel =
                    Inspect.parameters (affine moved) 10 (100, 50)
                    |> List.find (fun p -> p.Title.StartsWith name)
                let _, x, _ = panel.Series.Head
                (Array.head x + Array.last x) / 2.0
            for name, expected in
                [ "affine: degrees", 30.0; "affine: pixels right", 5.0; "affine: pixels down", -20.0 ] do
                Expect.isLessThan (abs (middle name - expected)) 1e-4 name)

        testCase "a histogram counts every value once" (fun () ->
            let x, y = Inspect.histogram 4 0.0 1.0 [| 0.0; 0.1; 0.3; 1.0 |]
            Expect.equal x [| 0.125; 0.375; 0.625; 0.875 |] "middles"
            Expect.equal y [| 0.5; 0.25; 0.0; 0.25 |] "shares")

        testPropertyWithConfig
            Generators.trees
            "a table of draws, saved and read back, makes the very views"
            (fun tree (seed: uint64) ->
                let recipe = { Generators.small with Views = globals 2 tree; Seed = seed }
                let viewer = Views.viewer (ViewEngine.Best ()) 3 13 13 recipe
                let split = Generators.patterns "tables" 3 3 13 2
                let table = DrawTable.ofEpoch viewer 4 [ 0; 2 ] (13, 13)
                let again = DrawTable.read (DrawTable.print table)
                again.Length = (if viewer.Plans.Head.Slots = 0 then 0 else 4)
                && again
                   |> List.forall (fun drawn ->
                       let image = split.Read (int drawn.Image)
                       Views.ofSteps viewer image drawn.Steps drawn.View =
                           Views.replay viewer 4 (int drawn.Image) image drawn.View))

        testCase "a damaged table of draws is refused with its line" (fun () ->
            let good =
                DrawTable.print [
                    { Image = 3L; View = 0; Steps = [| Step (); Step (Operation.Hue, 0.1f, 0f, 0f, 0f) |] }
                ]
            let message (text: string) =
                try
                    DrawTable.read text |> ignore
                    "read"
                with :? ArgumentException as e ->
                    e.Message
            Expect.equal (message good) "read" "whole"
            Expect.stringContains
                (message (good.Replace ("Hue", "Huge")))
                "line 3"
                "an operation that is none"
            Expect.stringContains (message (good.Replace ("0.1", "much"))) "line 3" "no number"
            Expect.stringContains
                (message (good.Replace ("3,0,1,", "3,0,7,")))
                "count from 0"
                "a slot is missing"
            Expect.stringContains (message "nothing") "line 1" "no header")

        testCase "a view that check refuses is refused" (fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> Inspect.png (posterize 0) 1 images |> ignore)
                "posterize 0")
    ]
