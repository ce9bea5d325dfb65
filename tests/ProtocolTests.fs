module Vantage.Tests.ProtocolTests

open System
open Expecto
open FsCheck
open TorchSharp
open Vantage

let private noise (seed: uint64) (n: int) (d: int) =
    use generator = new torch.Generator (seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator)

// Ten clusters in 16 dimensions, each image its class's corner and noise: the smaller the noise, the better the features.
let private features spread : Features =
    let part seed n =
        let labels = Array.init n (fun i -> i % 10)
        let corners = torch.eye(10L, 16L)[torch.tensor (Array.map int64 labels)]
        corners + noise seed n 16 * Scope.number spread, labels
    let train, trainLabels = part 1UL 2000
    let test, testLabels = part 2UL 1000
    {
        Train = train
        TrainLabels = trainLabels
        Test = test
        TestLabels = testLabels
        Classes = 10
    }

let private shuffle seed (labels: int array) =
    Order.permutation seed 0 labels.Length |> Array.map (fun i -> labels[i])

/// One of each kind.
let protocols = [
    knn 20 0.1
    linearProbe 1e-4 60
    linearSweep 0.1 25
    simclrLinear 256
    mocoLinear 256
    byolLinear 256
    dinoLinear 64
    balancedLabels 10.0 (linearProbe 1e-2 60)
    randomLabels 10.0 (knn 10 0.1)
    perClass (knn 20 0.1)
    meanPrecision (linearProbe 1e-4 60)
]

let private refused (part: string) (work: unit -> float) =
    try
        failtest $"measured {work ()} all the same"
    with EvaluationException text ->
        Expect.stringContains text part "names what is wrong"

// What a splitter must never do: give an image to both sides. Says the first one that it gave to both.
let private leaked (fitted: int array, held: int array) = Array.tryFind (Set held).Contains fitted

let private row (values: float32 array) = torch.tensor(values).reshape(int64 values.Length, 1L)

/// Protocols on features whose quality is known, and their parts by hand.
[<Tests>]
let tests =
    testList "Protocol" [
        for protocol in protocols do
            test $"{Protocol.name protocol}: better features score higher, shuffled labels score chance" {
                use _ = torch.NewDisposeScope ()
                let measure f = Probe.measure 3UL protocol f
                let scores = [ 0.1; 0.35; 0.8; 3.0 ] |> List.map (features >> measure)
                for better, worse in List.pairwise scores do
                    Expect.isGreaterThan better (worse + 3.0) $"ordering of {scores}"
                Expect.isGreaterThan scores.Head 99.0 "the best"
                // Clusters are right or wrong as wholes: ten draws of 10 %, a standard deviation of 9.5 points about 10.
                let f = features 0.35
                let control = measure { f with TrainLabels = shuffle 9UL f.TrainLabels }
                Expect.isLessThan control 35.0 "chance"
            }
            test $"{Protocol.name protocol}: test labels decide nothing, and a seed repeats" {
                use _ = torch.NewDisposeScope ()
                let f = features 0.8
                let said = Probe.predict 3UL protocol f
                let other = Probe.predict 3UL protocol { f with TestLabels = shuffle 8UL f.TestLabels }
                Expect.equal other said "predictions"
            }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 50 }
            "held-out images are not fitted on, and none is lost"
            (fun (PositiveInt seed) (NonEmptyArray (raw: int array)) ->
                let labels = Array.append [| 0; 0; 1 |] raw |> Array.map (fun l -> (l &&& 0xFF) % 4)
                let fitted, held = Subset.holdOut (uint64 seed) 0.25 labels
                Expect.isNone (leaked (fitted, held)) "an image on both sides"
                Expect.equal
                    (Array.append fitted held |> Array.sort)
                    [| 0 .. labels.Length - 1 |]
                    "all images"
                let classes part = part |> Array.map (fun i -> labels[i]) |> Set
                Expect.equal (classes fitted) (Set labels) "a class of which nothing is left")
        test "a splitter that leaks is caught" {
            let labels = Array.init 40 (fun i -> i % 4)
            let fitted, held = Subset.holdOut 1UL 0.25 labels
            Expect.equal held.Length 8 "2 of 10 images of each class: 2.5 rounds to even"
            Expect.isNone (leaked (fitted, held)) "the real one"
            Expect.equal (leaked (Array.append fitted [| held[3] |], held)) (Some held[3]) "a planted leak"
        }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 30 }
            "balanced shares have as many of each class and are nested"
            (fun (PositiveInt seed) ->
                let labels = shuffle (uint64 seed) (Array.init 1000 (fun i -> i % 10))
                let share percent = Subset.ofShare (uint64 seed) 10 (LabelShare.Balanced percent) labels
                let counts part =
                    part |> Array.countBy (fun i -> labels[i]) |> Array.map snd |> Array.distinct
                Expect.equal (counts (share 1.0)) [| 1 |] "1 %"
                Expect.equal (counts (share 10.0)) [| 10 |] "10 %"
                Expect.equal (share 100.0) [| 0..999 |] "100 %"
                Expect.isTrue (Set.isSubset (Set (share 1.0)) (Set (share 10.0))) "nested"
                let random percent = Subset.ofShare (uint64 seed) 10 (LabelShare.Random percent) labels
                Expect.equal (random 1.0).Length 10 "1 % at random"
                Expect.equal (random 100.0) [| 0..999 |] "100 % at random"
                Expect.isTrue (Set.isSubset (Set (random 1.0)) (Set (random 10.0))) "nested")
        test "another seed draws other labels" {
            let labels = Array.init 1000 (fun i -> i % 10)
            for share in [ LabelShare.Balanced 10.0; LabelShare.Random 10.0 ] do
                Expect.notEqual
                    (Subset.ofShare 1UL 10 share labels)
                    (Subset.ofShare 2UL 10 share labels)
                    $"{share}"
        }
        test "accuracy and its mean over classes, by hand" {
            let labels = [| 0; 0; 0; 0; 0; 0; 1; 1; 2; 2 |]
            let said = [| 0; 0; 0; 0; 0; 0; 1; 2; 0; 0 |]
            Expect.equal (Accuracy.top1 said labels) 70.0 "7 of 10"
            Expect.floatClose Accuracy.high (Accuracy.perClass 3 said labels) 50.0 "1, 1/2 and 0"
            refused "class 3 has no test image" (fun () -> Accuracy.perClass 4 said labels)
            refused "10 predictions against 1 labels" (fun () -> Accuracy.top1 said [| 0 |])
        }
        test "11-point average precision, by hand" {
            let close a b = Expect.floatClose Accuracy.high a b
            let scores = [| 0.9; 0.8; 0.7; 0.6; 0.5 |]
            // Right at ranks 1, 3 and 5: precision 1 up to recall 1/3, 2/3 up to 2/3, 3/5 up to 1: (4 + 3 x 2/3 + 4 x 3/5) / 11.
            close
                (Accuracy.averagePrecision scores [| true; false; true; false; true |])
                (8.4 / 11.0)
                "ranks 1, 3, 5"
            close (Accuracy.averagePrecision scores [| true; true; false; false; false |]) 1.0 "all first"
            close (Accuracy.averagePrecision scores [| false; false; false; false; true |]) 0.2 "last"
            // Precision falls and rises again: 1/2 at rank 2, 2/3 at rank 3 counts for all recalls below it.
            close
                (Accuracy.averagePrecision scores [| false; true; true; false; false |])
                (2.0 / 3.0)
                "the larger precision to the right"
            // Ten positives first: recall 0.3 is reached by 3 of 10 exactly.
            let many = Array.init 20 (fun i -> float -i)
            close (Accuracy.averagePrecision many (Array.init 20 (fun i -> i < 10))) 1.0 "tenths"
            let rows = [| [| 0.9; 0.1 |]; [| 0.1; 0.9 |] |]
            close
                (Accuracy.meanAveragePrecision rows [| [| true; true |]; [| false; false |] |])
                75.0
                "1 and 1/2"
            refused "at least one of them positive" (fun () ->
                Accuracy.averagePrecision scores (Array.create 5 false))
            refused "not a number" (fun () -> Accuracy.averagePrecision [| nan |] [| true |])
        }
        test "SGD is PyTorch's" {
            use _ = torch.NewDisposeScope ()
            let f = features 0.8
            let n = 64
            let x, labels = f.Train.slice (0L, 0L, int64 n, 1L), Array.truncate n f.TrainLabels
            for nesterov, decline in [ true, Decline.Cosine; false, Decline.Steps [ 2; 4 ] ] do
                let settings = {
                    Name = "test"
                    Rates = [ 0.5 ]
                    HoldOut = 0.1
                    Decline = decline
                    Batch = n
                    Epochs = 6
                    Momentum = 0.9
                    Nesterov = nesterov
                    Decay = 0.0
                }
                let ours = LinearProbe.sgd 1UL settings 0.5 10 x labels
                let theirs = new Modules.Parameter (torch.zeros_like ours, true)
                let optimizer = torch.optim.SGD ([| theirs |], 0.5, momentum = 0.9, nesterov = nesterov)
                let truth = torch.tensor (Array.map int64 labels)
                for epoch in 0..5 do
                    let rate =
                        match decline with
                        | Decline.Cosine -> 0.25 * (1.0 + cos (Math.PI * float epoch / 6.0))
                        | Decline.Steps _ -> [| 0.5; 0.5; 0.05; 0.05; 0.005; 0.005 |][epoch]
                    for group in optimizer.ParamGroups do
                        group.LearningRate <- rate
                    optimizer.zero_grad ()
                    (torch.nn.functional.cross_entropy (LinearProbe.scores 10 x theirs, truth)).backward()
                    optimizer.step () |> ignore
                // Six steps in float32 of parameters of the order 1.
                Expect.isLessThan ((ours - theirs.detach ()).abs().max().item<float32>()) 1e-5f "parameters"
                Expect.isGreaterThan (ours.abs().max().item<float32>()) 0.1f "it has moved"
        }
        test "the sweep has the published weights, and chooses a large one where features are mostly noise" {
            Expect.equal LinearProbe.weights.Length 45 "45"
            Expect.floatClose Accuracy.high LinearProbe.weights[0] 1e5 "the largest"
            Expect.floatClose Accuracy.high LinearProbe.weights[44] 1e-6 "the smallest"
            use _ = torch.NewDisposeScope ()
            let f = features 0.5
            // 300 images of 16 values that say something and 100 that say nothing.
            let widen seed (x: torch.Tensor) = torch.cat ([| x; noise seed (int x.shape[0]) 100 |], 1L)
            let train, labels = widen 5UL (f.Train.slice (0L, 0L, 300L, 1L)), Array.truncate 300 f.TrainLabels
            let best, said = LinearProbe.sweep 3UL 0.3 30 10 train labels (widen 6UL f.Test)
            Expect.isGreaterThan best 1.0 "weight"
            let free =
                Probe.linear 0.0 200 { f with Train = train; TrainLabels = labels; Test = widen 6UL f.Test }
            Expect.isGreaterThan
                (Accuracy.top1 (Probe.largest said) f.TestLabels)
                (free + 2.0)
                "better than without the term"
        }
        test "what cannot be measured is refused by name" {
            use _ = torch.NewDisposeScope ()
            let good = {
                Train = torch.tensor([| 1f; 0f; 0f; 1f; 1f; 1f; 0f; 2f |]).reshape(4L, 2L)
                TrainLabels = [| 0; 1; 0; 1 |]
                Test = torch.tensor([| 1f; 0f; 0f; 1f |]).reshape(2L, 2L)
                TestLabels = [| 0; 1 |]
                Classes = 2
            }
            for protocol in [ knn 1 0.1; linearProbe 1e-4 5; linearSweep 0.5 5; simclrLinear 4 ] do
                let measure f () = Probe.measure 1UL protocol f
                Expect.isTrue (Double.IsFinite (measure good ())) "the good one"
                refused "the training labels 3" (measure { good with TrainLabels = [| 0; 1; 0 |] })
                refused "the test labels 1" (measure { good with TestLabels = [| 0 |] })
                refused
                    "test image 1 has label 2, and there are 2 classes"
                    (measure { good with TestLabels = [| 0; 2 |] })
                refused
                    "all 4 labelled training images have class 1"
                    (measure { good with TrainLabels = [| 1; 1; 1; 1 |] })
                refused
                    "class 2 is in the test split"
                    (measure { good with TestLabels = [| 0; 2 |]; Classes = 3 })
                refused
                    "the features of training image 2 are not finite"
                    (measure {
                        good with
                            Train = good.Train.index_fill (0L, torch.tensor [| 2L |], Scope.number nan)
                    })
                refused
                    "the features of test image 0 are not finite"
                    (measure { good with Test = good.Test / Scope.number 0.0 })
                refused "2 values and test features 1" (measure { good with Test = row [| 1f; 2f |] })
            refused "5 neighbours are more than the 4" (fun () -> Probe.measure 1UL (knn 5 0.1) good)
            refused "a batch of 5 is larger than the 4" (fun () -> Probe.measure 1UL (simclrLinear 5) good)
            let single = { good with TrainLabels = [| 0; 0; 0; 1 |] }
            refused "class 1 has 1 training images" (fun () ->
                Probe.measure 1UL (balancedLabels 100.0 (knn 1 0.1)) single)
            let two = { good with Train = good.Train.slice (0L, 0L, 2L, 1L); TrainLabels = [| 0; 1 |] }
            refused "no image can be held out of 2" (fun () -> Probe.measure 1UL (linearSweep 0.5 5) two)
            let huge = { good with Train = good.Train * Scope.number 1e30 }
            refused "the weights are not finite" (fun () -> Probe.measure 1UL (mocoLinear 4) huge)
        }
        test "no temperature drowns the votes" {
            use _ = torch.NewDisposeScope ()
            let f = features 0.35
            for temperature in [ 1e-30; 1e-3; 1e30 ] do
                Expect.isGreaterThan (Probe.knn 20 temperature f) 70.0 $"temperature {temperature}"
        }
    ]
