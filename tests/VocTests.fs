module Vantage.Tests.VocTests

open System
open System.IO
open Expecto
open FsCheck
open SkiaSharp
open TorchSharp
open Vantage
open Vantage.Tests.NetworkProtocolTests

let private classes = [ "bars"; "columns"; "spot" ]

// What image i shows: every combination of the three, some of them hard to tell.
let private mark i c =
    if (i / 8 + c) % 6 = 5 then 0
    elif (i >>> c) &&& 1 = 1 then 1
    else -1

let private draw path i =
    use bitmap = new SKBitmap (24, 20, SKColorType.Rgba8888, SKAlphaType.Opaque)
    for y in 0..19 do
        for x in 0..23 do
            let on =
                (i &&& 1 = 1 && y % 4 < 2)
                || (i &&& 2 = 2 && x % 4 < 2)
                || (i &&& 4 = 4 && abs (x - 12) + abs (y - 10) < 6)
            let value = byte (if on then 180 + i % 7 else 50 + i % 7)
            bitmap.SetPixel (x, y, SKColor (value, value, byte (if i &&& 4 = 4 then 220 else 20)))
    use data = bitmap.Encode (SKEncodedImageFormat.Jpeg, 95)
    File.WriteAllBytes (path, data.ToArray ())

// A folder as VOC's: 64 images to train on, 48 to test on.
let private write folder =
    let lists = Path.Combine (folder, "ImageSets", "Main")
    let images = Path.Combine (folder, "JPEGImages")
    Directory.CreateDirectory lists |> ignore
    Directory.CreateDirectory images |> ignore
    for i in 0..111 do
        draw (Path.Combine (images, $"{i:D6}.jpg")) i
    for part, first, last in [ "trainval", 0, 63; "test", 64, 111 ] do
        File.WriteAllLines (
            Path.Combine (lists, $"{part}.txt"),
            [| first..last |] |> Array.map (fun i -> $"{i:D6}")
        )
        for c, name in List.indexed classes do
            File.WriteAllLines (
                Path.Combine (lists, $"{name}_{part}.txt"),
                [| first..last |] |> Array.map (fun i -> $"{i:D6} {mark i c, 2}")
            )

let private inVoc work =
    Script.inFolder (fun folder ->
        write folder
        work folder (fun name -> Path.Combine (folder, "ImageSets", "Main", name + ".txt")))

let private refused (part: string) (work: unit -> 'a) =
    try
        work () |> ignore
        failtest "nothing was raised"
    with
    | DataException error -> Expect.stringContains (DataError.message error) part "names it"
    | EvaluationException text -> Expect.stringContains text part "names it"

// The devkit's loops (VOCevalcls.m, VOCap.m of VOC 2007): images by falling confidence, true and false positives added up, those of mark 0 passed over.
let private devkit (scores: float array) (marks: int array) =
    let order = [| 0 .. scores.Length - 1 |] |> Array.sortBy (fun i -> -scores[i])
    let positives = marks |> Array.filter (fun m -> m > 0) |> Array.length
    let mutable right, wrong = 0, 0
    let curve = [
        for i in order do
            if marks[i] > 0 then
                right <- right + 1
            elif marks[i] < 0 then
                wrong <- wrong + 1
            if right + wrong > 0 then
                right, float right / float (right + wrong)
    ]
    let mutable sum = 0.0
    for tenth in 0..10 do
        let reached = curve |> List.filter (fun (r, _) -> 10 * r >= tenth * positives) |> List.map snd
        sum <- sum + List.max (0.0 :: reached) / 11.0
    sum

let private ofNumber =
    function
    | 1 -> Mark.Present
    | -1 -> Mark.Absent
    | _ -> Mark.Difficult

/// Sets whose images show several classes, in PASCAL VOC's folders.
[<Tests>]
let tests =
    testList "Voc" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 200 }
            "11-point mean precision is that of VOC 2007's devkit, difficult images left out"
            (fun (NonEmptyArray (raw: (NormalFloat * int * int) array)) ->
                let rows =
                    raw
                    |> Array.map (fun (NormalFloat s, a, b) -> s, abs (a % 3) - 1, abs (b % 3) - 1)
                // Two images that show both classes and neither; scores without ties.
                let rows = Array.append [| 0.1, 1, 1; 0.2, -1, -1 |] rows
                let scores =
                    rows
                    |> Array.mapi (fun i (s, _, _) -> [|
                        Math.Tanh s + 1e-7 * float i
                        float (i * 7919 % 1009)
                    |])
                let marks = rows |> Array.map (fun (_, a, b) -> [| a; b |])
                let expected =
                    List.average [
                        for c in 0..1 ->
                            devkit (scores |> Array.map (fun s -> s[c])) (marks |> Array.map (fun m -> m[c]))
                    ]
                let found = MarkedProbe.meanPrecision scores (marks |> Array.map (Array.map ofNumber))
                Expect.floatClose Accuracy.high found (100.0 * expected) "percent")
        test "a folder of VOC's layout is read: images, classes, marks" {
            inVoc (fun folder _ ->
                let data = Sets.load $"voc:{folder}"
                Expect.equal data.Classes classes "classes"
                Expect.equal (data.Train.Count, data.Test.Value.Count) (64, 48) "images"
                Expect.isNone data.Train.Labels "no single label"
                for part, first in [ data.Train, 0; data.Test.Value, 64 ] do
                    let expected =
                        Array.init part.Count (fun i ->
                            Array.init 3 (fun c -> ofNumber (mark (first + i) c)))
                    Expect.equal part.Marks (Some expected) "marks"
                Expect.isTrue
                    (data.Train.Marks.Value |> Array.concat |> Array.contains Mark.Difficult)
                    "some are hard"
                Expect.equal (data.Train.Channels, data.Train.Height, data.Train.Width) (3, 20, 24) "size"
                let few = Altered.some 16 data.Test.Value
                Expect.equal few.Marks.Value[5] data.Test.Value.Marks.Value[15] "marks follow their image")
        }
        test "protocols tell the classes of a VOC folder, and nothing from shuffled marks" {
            inVoc (fun folder _ ->
                let list =
                    [ knn 5 0.1; linearProbe 1e-3 60; linearSweep 0.25 30 ]
                    |> List.map meanPrecision
                let measured subject = subject |> Measure.run (transfer $"voc:{folder}" list)
                let rows = measured (examined data)
                Expect.equal
                    (rows |> List.map fst)
                    [ for p in list -> $"{Protocol.name p} on voc:{folder}" ]
                    "names"
                for name, value in rows do
                    Expect.isGreaterThan value 85.0 name
                Expect.equal (measured (examined data)) rows "a seed repeats"
                let voc = Adapted.toLike data.Train (Sets.load $"voc:{folder}")
                let all = voc.Train.Marks.Value
                let mixed = Order.permutation 9UL 0 all.Length |> Array.map (fun i -> all[i])
                let shuffled = { voc with Train = { voc.Train with Marks = Some mixed } }
                for protocol in list do
                    // Half of the images show each class: a random order has a precision near a half.
                    Expect.isLessThan (measure protocol shuffled) 75.0 $"{Protocol.name protocol}: chance")
        }
        test "difficult images change nothing that is learnt or found" {
            use _ = torch.NewDisposeScope ()
            use generator = new torch.Generator (4UL, torch.CPU)
            let x = torch.randn ([| 80L; 6L |], generator = generator)
            let shown i c = x[int64 i, int64 c].item<float32>() > 0.0f
            let marks =
                Array.init 80 (fun i ->
                    Array.init 2 (fun c -> if shown i c then Mark.Present else Mark.Absent))
            let hard =
                marks
                |> Array.mapi (fun i row -> if i < 40 then row else [| Mark.Difficult; row[1] |])
            let features train trainMarks : MarkedFeatures = {
                Classes = [ "a"; "b" ]
                Train = train
                TrainMarks = trainMarks
                Test = x
                TestMarks = marks
            }
            let fitted (x: torch.Tensor) marks =
                let parameters = LinearProbe.start 6L 2
                MarkedProbe.fit 1e-2 100 x marks parameters
                LinearProbe.scores 2 x parameters
            let all = fitted x hard
            let without = fitted (x.narrow (0L, 0L, 40L)) (Array.truncate 40 marks)
            let first (scores: torch.Tensor) = scores.narrow(0L, 0L, 40L).select(1L, 0L)
            Expect.isLessThan
                ((first all - first without).abs().max().item<float32>())
                1e-3f
                "as without them, to what L-BFGS leaves open"
            let votes marks = MarkedProbe.scores 1UL (knn 80 1e30) (features x marks)
            let firstVote = (votes hard)[0L, 0L]
            let expected =
                float32 (hard |> Array.filter (fun m -> m[0] = Mark.Present) |> Array.length)
                / 40.0f
            Expect.isLessThan
                (abs (firstVote.item<float32>() - expected))
                1e-5f
                "of all, each alike, the share of the known that show it"
        }
        test "the regression is at the minimum of its loss" {
            use _ = torch.NewDisposeScope ()
            use generator = new torch.Generator (4UL, torch.CPU)
            let x = torch.randn ([| 60L; 4L |], generator = generator)
            let marks =
                Array.init 60 (fun i ->
                    [| Mark.Present; Mark.Absent; Mark.Difficult |]
                    |> fun m -> [| m[i % 3]; m[i * 7 % 5 % 3] |])
            let parameters = LinearProbe.start 4L 2
            MarkedProbe.fit 0.05 200 x marks parameters
            // The loss in words of its own, by autograd.
            let all = parameters.detach().clone().requires_grad_ true
            let scores = LinearProbe.scores 2 x all
            let loss =
                List.reduce (+) [
                    for c in 0..1 ->
                        let terms = [
                            for i in 0..59 do
                                let s = scores[int64 i, int64 c]
                                match marks[i][c] with
                                | Mark.Present -> -s.sigmoid().log()
                                | Mark.Absent -> -(s.neg().sigmoid().log())
                                | Mark.Difficult -> ()
                        ]
                        List.reduce (+) terms / Scope.number (float terms.Length)
                ]
                + all.narrow(0L, 0L, 8L).square().sum() * Scope.number 0.05
            loss.backward ()
            // Float32 sums of 60 terms of the order 1.
            Expect.isLessThan ((nonNull all.grad).abs().max().item<float32>()) 1e-4f "no slope is left"
        }
        test "a folder that does not hold together is refused by name" {
            let broken change part =
                inVoc (fun folder list ->
                    change folder list
                    refused part (fun () -> Sets.load $"voc:{folder}"))
            broken (fun _ list -> File.Delete (list "spot_test")) "The class 'spot' is known to one part"
            broken
                (fun _ list -> File.Copy (list "spot_test", list "cat_test"))
                "The class 'cat' is known to one part"
            broken
                (fun folder _ -> File.Delete (Path.Combine (folder, "JPEGImages", "000003.jpg")))
                "names as its image 4"
            broken (fun _ list -> File.AppendAllText (list "bars_test", "000112 2\n")) "line 49: '000112 2'"
            broken
                (fun _ list ->
                    File.WriteAllLines (list "spot_test", File.ReadAllLines(list "spot_test")[1..]))
                "does not name the images"
            broken
                (fun _ list ->
                    for name in classes do
                        File.WriteAllText (list $"{name}_test", ""))
                "names no image"
            Script.inFolder (fun folder -> refused "CLASS_trainval.txt" (fun () -> Sets.load $"voc:{folder}"))
        }
        test "a class without a positive, and protocols of one label an image, are refused by name" {
            inVoc (fun folder list ->
                let run protocol () = examined data |> Measure.run (transfer $"voc:{folder}" [ protocol ])
                let good = meanPrecision (linearProbe 1e-3 10)
                refused "meanPrecision (" (run (linearProbe 1e-3 10))
                refused "takes one label an image" (run (meanPrecision (simclrLinear 16)))
                refused "65 neighbours" (run (meanPrecision (knn 65 0.1)))
                let file = list "spot_test"
                File.WriteAllLines (file, File.ReadAllLines file |> Array.map _.Replace(" 1", " -1"))
                refused "no test image shows the class spot (of 48)" (run good))
        }
    ]
