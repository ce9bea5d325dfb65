/// k-NN and softmax regression beside scikit-learn on the same features. VANTAGE_PYTHON names the Python that has it (Debian's python3-sklearn: /usr/bin/python3).
module Vantage.Bench.EvaluateBench

open System
open System.Diagnostics
open System.IO
open TorchSharp
open Vantage
open Vantage.Bench.Row
open Vantage.Kernels

let private neighbours, temperature, classes = 20, 0.1, 10

// The weight of |W|^2 / 2 beside the summed cross-entropy.
let private weight = 10.0

// Enough for the accuracy to stand still; scikit-learn stops by its own rule.
let private iterations = 200

/// Points of accuracy by which two right answers may differ: ties and roundings of float32.
let private tolerance = 0.1

// A direction of length 1 for each class, and noise of which a dimension's deviation is 0.25.
let private part seed n width =
    use generator = new torch.Generator (seed, torch.CPU)
    let labels = Array.init n (fun i -> i % classes)
    let corners = torch.eye(int64 classes, int64 width)[torch.tensor (Array.map int64 labels)]
    corners
    + torch.randn ([| int64 n; int64 width |], generator = generator)
      * Scope.number 0.25,
    labels

let private write folder name (x: torch.Tensor, labels: int array) =
    let bytes (values: 'a array when 'a: struct) =
        let all = Array.zeroCreate<byte>(Buffer.ByteLength values)
        Buffer.BlockCopy (values, 0, all, 0, all.Length)
        all
    File.WriteAllBytes (Path.Combine (folder, name + ".f32"), bytes (x.data<float32>().ToArray()))
    File.WriteAllBytes (Path.Combine (folder, name + ".i64"), bytes (Array.map int64 labels))

// The shorter time of so many runs, in seconds, and what the last one gave.
let private timed times work =
    let runs =
        List.init times (fun _ ->
            let clock = Stopwatch.StartNew ()
            let result = work ()
            clock.Elapsed.TotalSeconds, result)
    runs |> List.map fst |> List.min, snd (List.last runs)

/// Both cases: 10,000 queries against 60,000 x 512, or a tenth of that.
let run quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    use _ = torch.NewDisposeScope ()
    let trainCount, testCount, width, fitted =
        if quick then 6000, 1000, 128, 2000 else 60_000, 10_000, 512, 10_000
    let train, trainLabels = part 1UL trainCount width
    let test, testLabels = part 2UL testCount width
    let features = {
        Train = train
        TrainLabels = trainLabels
        Test = test
        TestLabels = testLabels
        Classes = classes
    }
    let folder = Directory.CreateTempSubdirectory("vantage-bench-").FullName
    let peer =
        try
            write folder "train" (train, trainLabels)
            write folder "test" (test, testLabels)
            Peer.table "evaluate_sklearn.py" [
                folder
                string trainCount
                string testCount
                string width
                string neighbours
                temperature.ToString Globalization.CultureInfo.InvariantCulture
                string fitted
                weight.ToString Globalization.CultureInfo.InvariantCulture
            ]
        finally
            Directory.Delete (folder, true)
    let few = {
        features with
            Test = test.slice (0L, 0L, 500L, 1L)
            TestLabels = Array.truncate 500 testLabels
    }
    Probe.knn neighbours temperature few |> ignore // warms up
    let knnSeconds, knn = timed 2 (fun () -> Probe.knn neighbours temperature features)
    let small = {
        features with
            Train = train.slice (0L, 0L, int64 fitted, 1L)
            TrainLabels = Array.truncate fitted trainLabels
    }
    let linearSeconds, linear =
        timed 1 (fun () -> Probe.linear (weight / (2.0 * float fitted)) iterations small)
    let row case unit key count seconds accuracy =
        let value name = peer |> Option.map (fun (values: Map<string, float>, _) -> values[name])
        let theirs = value (key + "Accuracy")
        let beside = theirs |> Option.map (sprintf "%.2f %%") |> Option.defaultValue "not installed"
        printfn $"{case}: accuracy {accuracy:F2} %%, scikit-learn's {beside}"
        {
            Case = case
            Unit = unit
            Ours = float count / seconds
            Peer = value key
            PeerName = peer |> Option.map snd |> Option.defaultValue "scikit-learn"
            // What was not compared does not count as equal.
            Equal = theirs |> Option.exists (fun t -> abs (t - accuracy) <= tolerance)
            Bytes = 0.0
            Operations = 0.0
        }
    [
        row
            $"k-NN, {testCount} queries against {trainCount} x {width}, k = {neighbours}"
            "queries/s"
            "knn"
            testCount
            knnSeconds
            knn
        row
            $"softmax regression by L-BFGS, {fitted} x {width}"
            "images/s"
            "linear"
            fitted
            linearSeconds
            linear
    ]
