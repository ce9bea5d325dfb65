module Vantage.Tests.NetworkProtocolTests

open System
open System.IO
open System.Threading
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let internal part (split: Split) first count : Split = {
    split with
        Count = count
        Labels = split.Labels |> Option.map (fun labels -> Array.sub labels first count)
        Read = fun i -> split.Read (first + i)
}

/// 192 training and 64 test images of four patterns.
let data: Dataset =
    let all = Generators.patterns "patterns" 256 3 18 4
    {
        Name = "patterns"
        Classes = [ "a"; "b"; "c"; "d" ]
        Train = part all 0 192
        Test = Some (part all 192 64)
    }

/// A network that has trained for a moment.
let trained =
    lazy
        (Interop.NativeLibraries.Load ()
         let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU Generators.small data.Train
         let none = CancellationToken.None
         Train.run { trainer with Total = 20 } Position.start ignore ignore ignore none
         |> ignore
         trainer)

/// It on a set.
let examined (data: Dataset) =
    let trainer = trained.Value
    Measure.ofNetwork trainer.Viewer trainer.Recipe trainer.Network data

let internal measure protocol data =
    use _ = torch.NewDisposeScope ()
    examined data |> Measure.run [ protocol ] |> List.exactlyOne |> snd

let private bits (trainer: Trainer) =
    Train.state trainer
    |> List.map (fun (name, t) -> name, t.contiguous().bytes.ToArray())

let private tuned change =
    match simclrFineTune 6 16 with
    | Protocol.FineTune s -> Protocol.FineTune (change { s with Rates = [ 0.05 ]; Crop = 0.6 })
    | _ -> failtest "not fine-tuned"

let internal plain = tuned id

let internal withLabels labels (data: Dataset) = {
    data with
        Train = { data.Train with Labels = Some labels }
}

let internal refused (part: string) (work: unit -> float) =
    try
        failtest $"measured {work ()} all the same"
    with EvaluationException text ->
        Expect.stringContains text part "names what is wrong"

/// Protocols that need more than features.
[<Tests>]
let tests =
    testList "NetworkProtocol" [
        for protocol in
            [ plain; tuned (fun s -> { s with Layers = 3; Stepping = Stepping.Lars 0.9; Rates = [ 2.0 ] }) ] do
            test $"fine-tuning learns labels and leaves what it copied as it was: {Print.protocol protocol}" {
                let before = bits trained.Value
                let right = measure protocol data
                Expect.equal (bits trained.Value) before "the run's network, optimiser and statistics"
                Expect.isGreaterThan right 80.0 "four easy patterns"
                Expect.equal (measure protocol data) right "a seed repeats"
                let labels = data.Train.Labels.Value
                let mixed = Order.permutation 9UL 0 labels.Length |> Array.map (fun i -> labels[i])
                // Clusters are right or wrong as wholes: of four classes chance is 25, two of four right are 50.
                Expect.isLessThan
                    (measure protocol (withLabels mixed data))
                    60.0
                    "shuffled labels score chance"
            }
        test "a probe on crops learns labels, sees the images of its share only, and changes nothing" {
            let probe change =
                match augmented (simclrLinear 16) with
                | Protocol.LinearCrops (s, _) ->
                    Protocol.LinearCrops (change { s with Epochs = 20; Rates = [ 0.5 ] }, 0.8)
                | other -> failtest $"{other}"
            let before = bits trained.Value
            let right = measure (probe id) data
            Expect.isGreaterThan right 80.0 "four easy patterns, all but a fifth of each seen"
            Expect.equal (measure (probe id) data) right "a seed repeats"
            Expect.equal (bits trained.Value) before "the run's network, optimiser and statistics"
            let seen = Collections.Concurrent.ConcurrentDictionary<int, bool>()
            let watched = {
                data with
                    Train.Read =
                        fun i ->
                            seen[i] <- true
                            data.Train.Read i
            }
            let several =
                balancedLabels
                    25.0
                    (probe (fun s -> { s with Rates = [ 0.01; 0.5 ]; HoldOut = 0.25; Batch = 8 }))
            Expect.isGreaterThan (measure several watched) 50.0 "a share"
            Expect.equal
                (seen.Keys |> Seq.sort |> Seq.toArray)
                (Subset.ofShare 5UL 4 (LabelShare.Balanced 25.0) data.Train.Labels.Value)
                "the images of the share"
            let labels = data.Train.Labels.Value
            let mixed = Order.permutation 9UL 0 labels.Length |> Array.map (fun i -> labels[i])
            Expect.isLessThan (measure (probe id) (withLabels mixed data)) 60.0 "shuffled labels score chance"
            refused "a batch of 193 is larger than the 192" (fun () ->
                measure (probe (fun s -> { s with Batch = 193 })) data)
            try
                augmented (knn 5 0.1) |> ignore
                failtest "augmented all the same"
            with :? ArgumentException as e ->
                Expect.stringContains e.Message "knn is no linear probe by SGD" "names it"
        }
        test "without a crop and a flip a probe on crops is the probe on features" {
            use _ = torch.NewDisposeScope ()
            let seen = ResizeArray<int>()
            let f = torch.rand (40L, 6L)
            let labels = Array.init 40 (fun i -> i % 4)
            match simclrLinear 8 with
            | Protocol.LinearSgd s ->
                let s = { s with Epochs = 5 }
                let features epoch =
                    seen.Add epoch
                    f.clone ()
                let a = LinearProbe.sgdOver 3UL s 0.1 4 6L features labels
                let b = LinearProbe.sgd 3UL s 0.1 4 f labels
                Expect.isTrue (a.equal(b).all().item<bool>()) "the same bits"
                Expect.equal (List.ofSeq seen) [ 0..4 ] "once for each epoch"
            | other -> failtest $"{other}"
        }
        test "a fine-tuned copy starts as the encoder and the first layers of its projector" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let trainer = trained.Value
            trainer.Network.Training <- false
            let x = torch.rand (5L, 3L, 18L, 18L)
            let h = trainer.Network.Encode x
            let whole = FineTuning.copy trainer.Recipe trainer.Network 4
            whole.Weights.Training <- false
            let same (a: torch.Tensor) (b: torch.Tensor) =
                Expect.isTrue (a.equal(b).all().item<bool>()) "the same bits"
            same (whole.Encode x) h
            same (x |> whole.Encode |> whole.Project) (trainer.Network.Project h)
            let none = FineTuning.copy trainer.Recipe trainer.Network 0
            none.Weights.Training <- false
            same (x |> none.Encode |> none.Project) h
            let three = FineTuning.copy trainer.Recipe trainer.Network 3
            three.Weights.Training <- false
            let kept = h |> three.Project
            same kept (kept.clamp_min (Scope.number 0.0))
            Expect.equal kept.shape [| 5L; 16L |] "after the activation"
        }
        test "fine-tuning with a share of the labels sees no other image, and test labels decide nothing" {
            for share in [ balancedLabels 25.0; randomLabels 25.0 ] do
                let seen = Collections.Concurrent.ConcurrentDictionary<int, bool>()
                let watched = {
                    data with
                        Train.Read =
                            fun i ->
                                seen[i] <- true
                                data.Train.Read i
                }
                let protocol =
                    share (tuned (fun s -> { s with Rates = [ 0.02; 0.05 ]; HoldOut = 0.25; Batch = 8 }))
                let figure = measure protocol watched
                let allowed =
                    match protocol with
                    | Protocol.FewLabels (share, _) -> Subset.ofShare 5UL 4 share data.Train.Labels.Value
                    | _ -> failtest "a share"
                Expect.equal (seen.Keys |> Seq.sort |> Seq.toArray) allowed "the images of the share"
                Expect.equal allowed.Length 48 "a quarter"
                Expect.isGreaterThan figure 50.0 "learnt"
                let test = data.Test.Value
                let rotated = {
                    test with
                        Labels = test.Labels |> Option.map (Array.map (fun l -> (l + 1) % 4))
                }
                // Each answer that was right is wrong now, by the same predictions.
                Expect.isLessThan
                    (measure protocol { data with Test = Some rotated })
                    (100.0 - figure + 1e-6)
                    "the same answers"
        }
        test "what cannot be fine-tuned is refused by name" {
            refused "a batch of 16 is larger than the 4" (fun () -> measure (balancedLabels 2.0 plain) data)
            let one = withLabels (Array.create 192 2) data
            refused "all 192 labelled training images have class 2" (fun () -> measure plain one)
            let lacking = withLabels (Array.init 192 (fun i -> i % 3)) data
            refused "class 3 is in the test split" (fun () -> measure plain lacking)
            refused "training image 0 has label 7" (fun () ->
                measure plain (withLabels (Array.create 192 7) data))
            refused "Use a lower rate" (fun () -> measure (tuned (fun s -> { s with Rates = [ 1e30 ] })) data)
        }
        test "a transfer to the encoder's own set is the protocol itself" {
            let own = Sets.load "glyphs:64:40"
            let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU Generators.small own.Train
            let rows =
                Measure.ofNetwork trainer.Viewer trainer.Recipe trainer.Network own
                |> Measure.run [
                    knn 5 0.1
                    meanPrecision (knn 5 0.1)
                    yield! transfer "glyphs:64:40" [ knn 5 0.1; meanPrecision (knn 5 0.1) ]
                ]
            match rows with
            | [ _, a; _, b; first, c; second, d ] ->
                Expect.equal (c, d) (a, b) "the same figures"
                Expect.equal [ first; second ] [ "knn on glyphs:64:40"; "knn-map on glyphs:64:40" ] "names"
            | other -> failtest $"{other}"
        }
        test "another set comes in the size and channels of the encoder's" {
            let colour = Sets.load "glyphs:8:8"
            let grey: Split = Generators.patterns "grey" 8 1 20 4
            let few = Adapted.toLike grey colour
            let image = few.Train.Read 3
            Expect.equal (few.Train.Channels, few.Train.Height, few.Train.Width) (1, 20, 20) "shape"
            Expect.equal
                (image.Channels, image.Height)
                (1, colour.Train.Height)
                "channels at once, the size by the view"
            let whole = colour.Train.Read 3
            let at c i = whole.At (c * whole.Height * whole.Width + i)
            // Stored as float32.
            Expect.isLessThan
                (abs (image.At 17 - (0.2989 * at 0 17 + 0.587 * at 1 17 + 0.114 * at 2 17)))
                1e-6
                "grey"
            let wide = Adapted.toLike colour.Train { colour with Train = grey; Test = None }
            let repeated = wide.Train.Read 2
            Expect.equal repeated.Channels 3 "three"
            for i in [ 0; 7; 399 ] do
                let own = (grey.Read 2).At i
                for c in 0..2 do
                    Expect.isLessThan (abs (repeated.At (c * 400 + i) - own)) 1e-6 "repeated"
            let two = Generators.patterns "two" 4 2 16 4
            try
                Adapted.toLike two colour |> ignore
                failtest "two channels"
            with EvaluationException text ->
                Expect.stringContains text "images of 3 channels, and the encoder takes 2" "says which"
            let trainer = trained.Value
            let without = { data with Name = "unlabelled" }
            Expect.isNonEmpty
                (Measure.ofNetwork trainer.Viewer trainer.Recipe trainer.Network without
                 |> Measure.run (transfer "glyphs:64:40" [ knn 5 0.1; linearProbe 1e-2 10 ]))
                "28 px glyphs in an encoder of 18 px patterns"
        }
        test "a run reports fine-tuning of the trained and of the random network, and transfers of pixels" {
            Script.inFolder (fun folder ->
                let recipe = {
                    Generators.small with
                        Data = "glyphs:80:40"
                        Evaluate = [ knn 5 0.1; plain; yield! transfer "glyphs:64:40" [ knn 5 0.1 ] ]
                }
                let before = Console.Out
                Console.SetOut TextWriter.Null
                let result =
                    try
                        Run.train { Run.settings with Folder = Some folder; Threads = Some 2 } recipe
                    finally
                        Console.SetOut before
                let names = List.map fst
                let all = [ "knn"; "finetune-simclr"; "knn on glyphs:64:40" ]
                Expect.equal (names result.Metrics) all "trained"
                Expect.equal (names result.Random) all "random"
                Expect.equal (names result.Raw) [ "knn"; "knn on glyphs:64:40" ] "pixels have no network")
        }
    ]
