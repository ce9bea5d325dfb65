module Vantage.Tests.CorruptionTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.NetworkProtocolTests

let private value (image: Image) = Array.init image.Length image.At

let private apply corruption severity key (values: float32 array) channels side =
    Altered.corrupt corruption severity key (Image (values, 0, channels, side, side))
    |> value

let private ramp channels side =
    Array.init (channels * side * side) (fun i -> float32 (i % side) / float32 (side - 1))

let private deviation (values: float array) =
    let mean = Array.average values
    sqrt (values |> Array.averageBy (fun v -> (v - mean) * (v - mean)))

/// Corruptions by hand, and what protocols make of them.
[<Tests>]
let tests =
    testList "Corruption" [
        for corruption in Corruption.all do
            test $"{corruption} is deterministic, stays in [0, 1], and harms more at severity 5 than at 1" {
                for channels in [ 1; 3 ] do
                    let x =
                        Array.init (channels * 32 * 32) (fun i ->
                            float32 (Philox.Uniform (3UL, 0, int64 (i / 3), 0, 0)))
                    let harm severity =
                        let y = apply corruption severity 7UL x channels 32
                        Expect.equal (apply corruption severity 7UL x channels 32) y "the same key"
                        Expect.isTrue (y |> Array.forall (fun v -> v >= 0.0 && v <= 1.0)) "range"
                        Array.map2 (fun (a: float32) b -> abs (float a - b)) x y |> Array.average
                    let isMore (a, b) =
                        Expect.isGreaterThan (harm b) (harm a) $"{b} harms more than {a}, {channels} channels"
                    match corruption with
                    // As published: first two that take colour away, then three that add it; a grey image has none, but gets some from 4 on.
                    | Corruption.Saturate when channels = 3 -> List.iter isMore [ 1, 2; 3, 5 ]
                    | Corruption.Saturate -> List.iter isMore [ 3, 4; 4, 5 ]
                    // Three of water, two of mud. On noise any movement of pixels harms alike: see what is published.
                    | Corruption.Spatter -> List.iter isMore [ 1, 2; 2, 3 ]
                    | Corruption.Elastic -> ()
                    | _ -> isMore (1, 5)
            }
        test "noise has the deviation that is published" {
            let grey = Array.create (100 * 100) 0.5f
            let check corruption severity expected =
                // 10,000 values: a deviation is known to 0.7 %; four times that.
                Expect.isLessThan
                    (abs (deviation (apply corruption severity 11UL grey 1 100) / expected - 1.0))
                    0.03
                    $"{corruption}"
            check Corruption.GaussianNoise 3 0.08
            check Corruption.SpeckleNoise 5 (0.2 * 0.5)
            // A Poisson number of mean and variance 50 x, of 128 / 255.
            check Corruption.ShotNoise 5 (sqrt (128.0 / 255.0 / 50.0))
            let shot = apply Corruption.ShotNoise 5 11UL grey 1 100
            Expect.isLessThan (abs (Array.average shot - 128.0 / 255.0)) 0.004 "the mean stays"
            let impulse = apply Corruption.ImpulseNoise 5 11UL grey 1 100
            let share level = float (impulse |> Array.filter ((=) level) |> Array.length) / 1e4
            // 700 of 10,000 replaced, 26 off is one deviation.
            Expect.isLessThan (abs (share 0.0 + share 1.0 - 0.07)) 0.01 "replaced"
            Expect.isLessThan (abs (share 0.0 - share 1.0)) 0.012 "each alike"
            Expect.notEqual (apply Corruption.ShotNoise 5 12UL grey 1 100) shot "another key"
        }
        test "blur, brightness, contrast and pixels by hand" {
            let close (expected: float) (found: float) what =
                Expect.isLessThan (abs (found - expected)) 1e-6 what
            let point = Array.init 81 (fun i -> if i = 40 then 1.0f else 0.0f)
            let blurred = apply Corruption.GaussianBlur 5 0UL point 1 9
            let weight d = exp (-float(d * d) / 2.0)
            let total = [ -4 .. 4 ] |> List.sumBy weight
            close (1.0 / (total * total)) blurred[40] "the centre"
            close (weight 1 / (total * total)) blurred[41] "beside it"
            close 1.0 (Array.sum blurred) "nothing is lost inside"
            let disk = apply Corruption.DefocusBlur 5 0UL point 1 9
            // Of radius 1.5 nine pixels, hardly smoothed by a deviation of 0.1.
            close (1.0 / 9.0) disk[40] "nine alike"
            close (1.0 / 9.0) disk[50] "the corner too"
            close 0.0 disk[42] "two away"
            let colours = [| 0.2f; 0.0f; 0.4f; 0.0f; 0.1f; 0.0f |]
            let bright = Corruptions.Brightness (colours, 3, 0.1)
            close 0.25 (float bright[0]) "0.2 x 0.5 / 0.4"
            close 0.5 (float bright[2]) "the largest"
            close 0.1 (float bright[1]) "black becomes grey"
            let flat = Corruptions.Contrast ([| 0.2f; 0.6f |], 1, 0.5)
            close 0.3 (float flat[0]) "half way to 0.4"
            let pixels = Corruptions.Pixelate (ramp 1 4, 1, 4, 4, 0.5)
            close (1.0 / 6.0) (float pixels[0]) "the mean of two"
            close (1.0 / 6.0) (float pixels[1]) "twice"
            close (5.0 / 6.0) (float pixels[3]) "the other half"
        }
        test "an image's corruption depends on its number, not on the others" {
            let viewer = trained.Value.Viewer
            let test = data.Test.Value
            let all = Altered.corrupted viewer 5UL [ Corruption.GaussianNoise; Corruption.Jpeg ] test
            Expect.equal all.Count (10 * 64) "five severities of each"
            Expect.equal (Array.sub all.Labels.Value 128 64) test.Labels.Value "labels"
            let alone =
                Altered.corrupted viewer 5UL [ Corruption.Jpeg; Corruption.GaussianNoise ] {
                    test with
                        Count = 20
                        Labels = test.Labels |> Option.map (Array.truncate 20)
                }
            Expect.equal
                (value (alone.Read (20 * 7 + 3)))
                (value (all.Read (64 * 2 + 3)))
                "severity 3 of image 3"
            let few = Altered.some 16 test
            Expect.equal (value (few.Read 5)) (value (test.Read 20)) "evenly spread"
            Expect.equal few.Labels.Value[5] test.Labels.Value[20] "with its label"
        }
        test "accuracy under corruptions: one fit, every corruption and severity, and their means" {
            let inner = linearProbe 1e-2 60
            let rows =
                examined data
                |> Measure.run [
                    inner
                    corrupted 64 [ Corruption.Brightness; Corruption.ImpulseNoise ] inner
                ]
            let names = rows |> List.map fst
            Expect.equal names.Length (1 + 1 + 2 * 6) "rows"
            Expect.equal
                (List.truncate 4 names)
                [ "linear"; "linear corrupted"; "linear brightness"; "linear brightness 1" ]
                "names"
            let at name = rows |> List.find (fst >> (=) name) |> snd
            let mean = [ 1..5 ] |> List.averageBy (fun s -> at $"linear impulse-noise {s}")
            Expect.floatClose Accuracy.high (at "linear impulse-noise") mean "the mean over severities"
            Expect.floatClose
                Accuracy.high
                (at "linear corrupted")
                ((at "linear brightness" + at "linear impulse-noise") / 2.0)
                "the mean over corruptions"
            Expect.isGreaterThan (at "linear") 90.0 "clean"
            Expect.isGreaterThan (at "linear brightness 1") 60.0 "hardly harmed"
            Expect.isLessThanOrEqual (at "linear corrupted") (at "linear") "harmed"
        }
        test "a label curve rises with the labels, and says its spread over seeds" {
            use _ = torch.NewDisposeScope ()
            let pixels = Measure.ofPixels trained.Value.Viewer 5UL (Sets.load "glyphs:400:200")
            let inner = linearProbe 1e-1 20
            let rows = pixels |> Measure.run (labelCurve 3 inner |> List.skip 2)
            Expect.equal
                (rows |> List.map fst |> List.truncate 2)
                [ "linear-5%-balanced over 3 seeds"; "linear-5%-balanced over 3 seeds, deviation" ]
                "names"
            let means = rows |> List.map snd |> List.chunkBySize 2 |> List.map List.head
            Expect.equal means.Length 5 "5, 10, 20, 50 and 100 %"
            Expect.isGreaterThan (List.last means) (List.head means) "more labels, more right"
            let deviations = rows |> List.map snd |> List.chunkBySize 2 |> List.map List.last
            Expect.isGreaterThan deviations.Head 0.0 "seeds differ"
            Expect.equal (List.last deviations) 0.0 "all labels are the same labels"
            let one seed =
                { pixels with Seed = seed }
                |> Measure.run [ balancedLabels 5.0 inner ]
                |> List.exactlyOne
                |> snd
            let three = [ 5UL; 6UL; 7UL ] |> List.map one
            Expect.floatClose Accuracy.high means.Head (List.average three) "from the recipe's seed on"
            // Of two values a and b the sample deviation is |a - b| / sqrt 2.
            let two = pixels |> Measure.run [ overSeeds 2 (balancedLabels 5.0 inner) ]
            Expect.floatClose Accuracy.high (snd two[1]) (abs (three[0] - three[1]) / sqrt 2.0) "deviation"
        }
        test "transformations are told from h and from g(h), beside chance" {
            let kinds = [
                Transformation.Turned
                Transformation.Noisy 0.2
                Transformation.Sobel
                Transformation.Grey
            ]
            let rows = examined data |> Measure.run (transformations 192 kinds)
            Expect.equal
                (rows |> List.map fst |> List.truncate 4)
                [ "rotation from h"; "rotation from g(h)"; "rotation by chance"; "noise from h" ]
                "names"
            let at name = rows |> List.find (fst >> (=) name) |> snd
            Expect.isGreaterThan (at "sobel from h") (at "sobel by chance" + 20.0) "edges are easy to tell"
            Expect.isLessThan (abs (at "rotation by chance" - 25.0)) 15.0 "one of four"
            Expect.isGreaterThan (at "grey by chance") 60.0 "four fifths"
            let viewer = trained.Value.Viewer
            let turned = Altered.transformed viewer 5UL 1 Transformation.Turned data.Train
            let place = Array.findIndex ((=) 1) turned.Labels.Value
            let a, b = data.Train.Read place, turned.Read place
            // Counter-clockwise: the last column becomes the first row.
            for i in 0..17 do
                Expect.isLessThan (abs (b.At i - a.At (i * 18 + 17))) 1e-6 "a quarter turn"
            let still = Array.findIndex ((=) 0) turned.Labels.Value
            Expect.isLessThan
                (abs ((turned.Read still).At 100 - (data.Train.Read still).At 100))
                1e-6
                "as it is"
        }
        test "a hidden layer learns what is there, and nothing from shuffled labels" {
            use _ = torch.NewDisposeScope ()
            use generator = new torch.Generator (4UL, torch.CPU)
            let x = torch.randn ([| 2000L; 4L |], generator = generator)
            // The sign of a product: no linear classifier knows it.
            let label =
                (x.select (1L, 0L) * x.select (1L, 1L))
                    .ge(Scope.number 0.0)
                    .to_type(torch.int64)
                    .data<int64>()
                    .ToArray()
                |> Array.map int
            let half from = x.slice (0L, from, from + 1000L, 1L)
            let tell labels =
                let said = HiddenProbe.scores 1UL (half 0L) labels (half 1000L) 2
                Accuracy.top1 (Probe.largest said) (Array.skip 1000 label)
            Expect.isGreaterThan (tell (Array.truncate 1000 label)) 80.0 "learnt"
            let mixed = Order.permutation 9UL 0 1000 |> Array.map (fun i -> label[i])
            // 1,000 coins: a deviation of 1.6 points; the labels' own imbalance a little more.
            Expect.isLessThan (abs (tell mixed - 50.0)) 10.0 "chance"
        }
        test "a transformation that shows by the shape is refused" {
            let wide = { data.Train with Height = 9 }
            try
                Altered.transformed trained.Value.Viewer 5UL 1 Transformation.Turned wide
                |> ignore
                failtest "turned all the same"
            with EvaluationException text ->
                Expect.stringContains text "9 x 18 px" "says the shape"
        }
    ]
