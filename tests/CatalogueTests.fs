module Vantage.Tests.CatalogueTests

open Expecto
open Vantage

let private trained knn random warning = {
    Recipe = "byol"
    Seed = 0
    Data = "glyphs"
    Minutes = 1.5
    Metrics = Map [ "knn", knn; "linear", knn + 10.0 ]
    Random = Map [ "knn", random; "linear", random + 5.0 ]
    Epochs = 3
    Warning = warning
}

/// Runs of all recipes under one budget, and what a table says of them.
[<Tests>]
let tests =
    testList "Catalogue" [
        test "epochs that fit: as many whole ones as the minutes hold, at least one" {
            for minutes, seconds, perEpoch, expected in
                [ 1.0, 0.1, 100, 6; 1.0, 0.11, 100, 5; 0.01, 1.0, 100, 1; 5.0, 0.5, 200, 3 ] do
                Expect.equal (Budget.epochs minutes seconds perEpoch) expected $"{minutes} min, {seconds} s"
        }
        test "deviations above: the difference of means in units of the root mean variance" {
            // Variances 1 and 1 about 80 and 70.
            Expect.floatClose
                Accuracy.high
                (Catalogue.above [ 79.0; 80.0; 81.0 ] [ 69.0; 70.0; 71.0 ]).Value
                10.0
                "ten"
            Expect.isNone (Catalogue.above [ 80.0 ] [ 70.0; 71.0 ]) "one value has no deviation"
        }
        test "a row tells means, deviations, warnings" {
            let row =
                Catalogue.row "byol" [
                    trained 79.0 69.0 None
                    trained 80.0 70.0 (Some "warning: step 3")
                    trained 81.0 71.0 None
                ]
            Expect.equal
                row
                "| `byol` | 3 | 80.00 ± 1.00 | 90.00 ± 1.00 | 70.00 ± 1.00 | 75.00 ± 1.00 | 10.0 | 1 of 3 |"
                "row"
        }
        test "a line of the record gives its run back" {
            for run in [ trained 79.5 69.25 None; trained 1e-3 1e3 (Some "warning: step 3: \"rank\"") ] do
                Expect.equal (Catalogue.ofLine (Catalogue.line run)) run "same run"
        }
        test "a record of another budget is refused by name" {
            let file = System.IO.Path.GetTempFileName ()
            System.IO.File.WriteAllText (file, Catalogue.line (trained 79.0 69.0 None) + "\n")
            Expect.equal (Catalogue.record "glyphs" 1.5 file).Length 1 "the same is read"
            Expect.throwsC (fun () -> Catalogue.record "glyphs" 2.0 file |> ignore) (fun e ->
                Expect.stringContains e.Message "1.5 minutes" "names what it holds")
            System.IO.File.Delete file
        }
        test "gauges at the end are means of the last tenth of the lines, of those that are there" {
            Script.inFolder (fun folder ->
                let line i = $"{{\"step\":{i},\"spread\":{i}.0,\"rank\":\"NaN\",\"entropy\":2.5}}"
                System.IO.File.WriteAllLines (Metrics.file folder, [ for i in 1..20 -> line i ])
                Expect.equal (Metrics.atEnd folder) (Map [ "spread", 19.5; "entropy", 2.5 ]) "19 and 20")
        }
        test "ablations: each mechanism by name, with the collapse that nothing prevents without it" {
            let byol = {
                Generators.small with
                    Objective = regression
                    Avoid = [ momentumTarget 0.99; predict [ linear 8 ] ]
            }
            Expect.equal
                (Ablate.lines byol)
                [
                    "nothing\tdimensional"
                    "momentumTarget\tcomplete, dimensional"
                    "predict\tcomplete, dimensional"
                ]
                "lines"
            Expect.equal
                ((Ablate.without "predict" byol).Value.Avoid)
                [ momentumTarget 0.99 ]
                "without the predictor"
            Expect.isNone (Ablate.without "centre" byol) "no such mechanism"
            let name, left = "byol - predict", trained 30.0 20.0 (Some "warning: step 3")
            let table =
                Ablate.markdown [ "nothing", "none", "byol"; "predict", "complete", name ] [
                    { left with Recipe = name; Metrics = left.Metrics.Add ("rank", 1.25) }
                ]
            Expect.equal
                (List.last table)
                "| predict | complete | 3 | 30.00 | 40.00 |  | 1.25 |  |  |  | 1 of 1 |"
                "row"
        }
        test "a step is timed on the recipe's own views" {
            let data = Sets.load "glyphs:64:40"
            let seconds = Budget.secondsAStep TorchSharp.torch.CPU Generators.small data.Train
            Expect.isGreaterThan seconds 0.0 "takes time"
            Expect.isLessThan seconds 5.0 "of a small network"
        }
    ]
