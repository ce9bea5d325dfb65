module Vantage.Tests.StatisticsTests

open System
open System.IO
open Expecto
open FsCheck
open Vantage
open Vantage.Kernels

let private close = { absolute = 1e-9; relative = 1e-9 }

let private config = { FsCheckConfig.defaultConfig with maxTest = 30 }

let private normal (seed: uint64) (i: int) =
    let u k = float (Philox.Uniform (seed, 0, int64 i, 0, k))
    sqrt (-2.0 * log (1.0 - u 0)) * cos (2.0 * Math.PI * u 1)

// All the ways to give n values a sign, by recursion: another way than the counting of bits that is tested.
let rec private ways =
    function
    | [] -> [ 0.0 ]
    | (x: float) :: rest -> ways rest |> List.collect (fun s -> [ s + x; s - x ])

let private writeRun folder name data (epochs: int) (seed: int) (knn: float) =
    let path = Path.Combine (folder, $"{name}-{seed}")
    Directory.CreateDirectory path |> ignore
    let text =
        $$"""{"name": "{{name}}", "data": "{{data}}", "epochs": {{epochs}}, "seed": {{seed}}, "metrics": { "knn": {{knn}}, "linear": {{knn + 1.0}} } }"""
    File.WriteAllText (RunResult.file path, text)
    path

let private refused part a b =
    try
        Compare.markdown (List.map Compare.read a) (List.map Compare.read b) |> ignore
        failtest "compared all the same"
    with ComparisonException text ->
        Expect.stringContains text part "names what is wrong"

/// Means, intervals, tests over seeds, and the comparison of runs.
[<Tests>]
let tests =
    testList "Statistics" [
        test "mean, spread and quantiles of known values" {
            let s = Statistics.summary 1UL [| 1.0; 2.0; 3.0; 4.0 |]
            Expect.equal s.Mean 2.5 "mean"
            Expect.floatClose close s.Deviation (sqrt (5.0 / 3.0)) "deviation"
            Expect.isTrue
                (1.0 < s.Low && s.Low < 2.5 && 2.5 < s.High && s.High < 4.0)
                "interval about the mean"
            Expect.equal (Statistics.quantile 0.5 [| 1.0; 2.0; 3.0; 4.0 |]) 2.5 "median"
            Expect.equal (Statistics.quantile 1.0 [| 1.0; 2.0 |]) 2.0 "largest"
            Expect.isTrue (Double.IsNaN (Statistics.deviation [| 3.0 |])) "one value has no spread"
            Expect.throwsT<ArgumentException> (fun () -> Statistics.summary 1UL [||] |> ignore) "nothing"
            Expect.throwsT<ArgumentException>
                (fun () -> Statistics.summary 1UL [| 1.0; nan |] |> ignore)
                "not a number"
        }
        testPropertyWithConfig
            config
            "the exact p is the share of sign flips as large"
            (fun (PositiveInt seed) (PositiveInt size) ->
                let n = 1 + size % 10
                // Whole numbers, so that sums are exact and ties are ties.
                let d = Array.init n (fun i -> round (3.0 * normal (uint64 seed) i))
                let sums = ways (List.ofArray d)
                let large = sums |> List.filter (fun s -> abs s >= abs (Array.sum d)) |> List.length
                Expect.equal (Statistics.signFlip 1UL d) (float large / float sums.Length) "p")
        testPropertyWithConfig
            config
            "p changes neither by a common sign nor by a scale"
            (fun (PositiveInt seed) ->
                let d = Array.init 8 (normal (uint64 seed))
                let p = Statistics.signFlip 1UL d
                Expect.equal (Statistics.signFlip 1UL (Array.map (~-) d)) p "sign"
                Expect.equal (Statistics.signFlip 1UL (Array.map ((*) 1e-3) d)) p "scale")
        test "the smallest p of n seeds is 2 / 2^n, and no difference has p = 1" {
            for n in 1..10 do
                Expect.equal
                    (Statistics.signFlip 1UL (Array.create n 0.1))
                    (2.0 / float (1 <<< n))
                    $"{n} seeds"
            Expect.equal (Statistics.signFlip 1UL [| 0.0; 0.0; 0.0 |]) 1.0 "nothing"
        }
        test "more than 15 differences are drawn, near the exact p" {
            // Sixteen values: 65,536 ways, which can still be counted here.
            let d = Array.init 16 (fun i -> 0.4 + normal 21UL i)
            let sums = ways (List.ofArray d)
            let large = sums |> List.filter (fun s -> abs s >= abs (Array.sum d) - 1e-9) |> List.length
            let exact = float large / float sums.Length
            let error = sqrt (exact * (1.0 - exact) / 100_000.0)
            Expect.isLessThan
                (abs (Statistics.signFlip 3UL d - exact))
                (Close.sigmas * error + 1e-5)
                "share of 100,000"
        }
        test "p is at most its level as often as it says, when there is no difference" {
            // 400 pairs of 8 seeds that differ by chance only: p <= 0.0625 in at most that share, 25 of 400 +- 4.8.
            let count =
                Seq.init 400 (fun r ->
                    Statistics.signFlip 1UL (Array.init 8 (fun i -> normal 5UL (100 * r + i))))
                |> Seq.filter (fun p -> p <= 0.0625)
                |> Seq.length
            let expected = 400.0 * 0.0625
            Expect.isLessThan (abs (float count - expected)) (Close.sigmas * sqrt expected) "count"
        }
        test "the bootstrap interval covers the mean of 30 values about as often as it says" {
            let covered =
                Seq.init 100 (fun r ->
                    let low, high =
                        Statistics.interval 7UL 0.95 (Array.init 30 (fun i -> normal 9UL (100 * r + i)))
                    low <= 0.0 && 0.0 <= high)
                |> Seq.filter id
                |> Seq.length
            // 93 to 95 of 100 are expected of percentiles at n = 30; a deviation of chance is 2.4.
            Expect.isGreaterThanOrEqual covered 80 "not too narrow"
            Expect.isLessThanOrEqual covered 99 "not all of them: an interval that always covers is too wide"
        }
        testPropertyWithConfig
            { config with maxTest = 5 }
            "the interval moves with its values and repeats"
            (fun (PositiveInt seed) ->
                let values = Array.init 6 (normal (uint64 seed))
                let low, high = Statistics.interval 3UL 0.9 values
                Expect.equal (Statistics.interval 3UL 0.9 values) (low, high) "same seed"
                let a, b = Statistics.interval 3UL 0.9 (values |> Array.map (fun v -> 10.0 + v))
                Expect.floatClose close a (low + 10.0) "shifted low"
                Expect.floatClose close b (high + 10.0) "shifted high")
        test "the sentence says whether the difference is there" {
            let say a b = Statistics.words "A" "B" "points" (Statistics.compare 1UL a b)
            let eight = Array.init 8 (normal 3UL)
            Expect.stringContains
                (say eight (Array.map ((+) 1.0) eight))
                "1.00 more points than A"
                "size and side"
            Expect.stringContains
                (say eight (Array.map ((+) 1.0) eight))
                "The difference is there."
                "eight of eight"
            let mixed = eight |> Array.mapi (fun i v -> if i % 2 = 0 then v + 1.0 else v - 0.9)
            Expect.stringContains (say eight mixed) "No difference is shown." "both ways"
            let few = say [| 1.0; 2.0; 3.0 |] [| 5.0; 6.0; 7.0 |]
            Expect.stringContains few "cannot give a p below 0.25; run at least 6 seeds" "three seeds"
            Expect.isFalse (few.Contains "is there.") "nothing is claimed of three seeds"
        }
        test "runs are compared by seed, whatever their order" {
            Script.inFolder (fun folder ->
                let write name seed = writeRun folder name "glyphs" 3 seed
                let a = [ for s in 1..6 -> write "one" s (70.0 + float s) ]
                let b = [ for s in 1..6 -> write "two" s (72.0 + float s) ]
                let text = Compare.markdown (List.map Compare.read a) (List.map Compare.read (List.rev b))
                Expect.stringContains text "| knn | 73.50 ± 1.87" "mean and spread of the first"
                Expect.stringContains
                    text
                    "| 2.00 ± 0.00 (2.00 to 2.00) | 0.0313 |"
                    "the pairs' difference and p"
                Expect.stringContains text "two has 2.00 more points than one" "sentence"
                Expect.equal (CompareCommand.main (a @ [ "--with" ] @ b)) 0 "as a command")
        }
        test "a comparison is written as a page and tables" {
            Script.inFolder (fun folder ->
                let a = [ for s in 1..3 -> writeRun folder "one" "glyphs" 3 s (70.0 + float s) ]
                let b = [ for s in 1..3 -> writeRun folder "two" "glyphs" 3 s (72.5 + float s) ]
                let out = Path.Combine (folder, "out")
                Expect.equal (CompareCommand.main (a @ [ "--with" ] @ b @ [ "--out"; out ])) 0 "as a command"
                let text name = File.ReadAllText (Path.Combine (out, name))
                Expect.stringContains (text "compare.md") "| knn | 72.00 ± 1.00" "Markdown"
                let lines = (text "compare.csv").TrimEnd().Split '\n'
                Expect.equal lines.Length 13 "a line for each run and protocol"
                Expect.contains lines "\"knn\",\"two\",3,75.5" "a run's figure"
                use json = System.Text.Json.JsonDocument.Parse (text "compare.json")
                let first = json.RootElement.GetProperty("protocols")[0]
                Expect.equal
                    (first.GetProperty("difference").GetProperty("mean").GetDouble())
                    2.5
                    "difference"
                let html = text "compare.html"
                Expect.stringContains html "cannot give a p below 0.25; run at least 6 seeds" "the sentence"
                Expect.isFalse ((html.Replace (Html.library (), "")).Contains "://") "no address"
                let page = Browser.document 1200 (Path.Combine (out, "compare.html"))
                Expect.equal
                    (System.Text.RegularExpressions.Regex.Count (page, "class=\"js-line\""))
                    8
                    "a browser draws a curve for each side and protocol, and one in each legend"
                Expect.equal
                    (CompareCommand.main (a @ [ "--with" ] @ b @ [ "--out" ]))
                    1
                    "--out without a folder")
        }
        test "runs that do not belong together are refused by name" {
            Script.inFolder (fun folder ->
                let a, b = writeRun folder "one" "glyphs" 3 1 70.0, writeRun folder "two" "glyphs" 3 2 71.0
                refused "ran with seeds 1, two with 2" [ a ] [ b ]
                refused "both have seed 1" [ a; a ] [ b ]
                refused "there is no" [ a ] [ Path.Combine (folder, "nowhere") ]
                refused "has the recipe one" [ a; b ] [ b ]
                refused "has the data glyphs" [ a ] [ writeRun folder "three" "mnist" 3 1 70.0 ]
                refused "has epochs 3" [ a ] [ writeRun folder "four" "glyphs" 4 1 70.0 ]
                refused "at least one run on each side" [ a ] []
                File.WriteAllText (Path.Combine (b, "result.json"), "{}")
                refused "is not a run's result" [ a ] [ b ]
                Expect.equal (CompareCommand.main [ a; b ]) 1 "without --with")
        }
    ]
