namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// Features and labels of the two parts of a set.
type Features = {
    Train: torch.Tensor
    TrainLabels: int array
    Test: torch.Tensor
    TestLabels: int array
    Classes: int
}

/// Measures a frozen representation on labelled images.
module Probe =
    let private int64s (labels: int array) = torch.tensor (Array.map int64 labels)

    /// The images of a split through `encode`, in batches of 500: n x d on the CPU. Encoder statistics stay as they are.
    let features
        (viewer: Viewer)
        (split: Split)
        (encode: torch.Tensor -> torch.Tensor)
        (device: torch.Device)
        =
        let shape = Views.plainShape viewer split
        let size = 500
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let parts =
            [ 0..size .. split.Count - 1 ]
            |> List.map (fun start ->
                let images =
                    Array.Parallel.init (min size (split.Count - start)) (fun i -> split.Read (start + i))
                let values = Array.zeroCreate<float32>(images.Length * shape.Length)
                Views.plain viewer shape images Environment.ProcessorCount values
                Scope.returning (fun () ->
                    let x =
                        torch
                            .tensor(values)
                            .reshape(
                                int64 images.Length,
                                int64 shape.Channels,
                                int64 shape.Height,
                                int64 shape.Width
                            )
                    (encode (x.``to`` device)).``to`` torch.CPU))
        torch.cat(parts |> List.toArray, 0L).MoveToOuterDisposeScope()

    let private refuse text = raise (EvaluationException text)

    let private examineClasses name classes (labels: int array) =
        match labels |> Array.tryFindIndex (fun l -> l < 0 || l >= classes) with
        | Some i ->
            refuse
                $"{name} image {i} has label {labels[i]}, and there are {classes} classes, 0 to {classes - 1}. The labels are of another set, or the number of classes is wrong."
        | None -> ()

    let private learnableLabels (train: int array) (test: int array) =
        let seen = Set train
        if seen.Count < 2 then
            refuse
                $"all {train.Length} labelled training images have class {train[0]}: one class only can be told from nothing. Use more labels, or another split."
        match test |> Array.tryFind (seen.Contains >> not) with
        | Some absent ->
            refuse
                $"class {absent} is in the test split, but in none of the {train.Length} labelled training images. Use a split with every class, or balancedLabels."
        | None -> ()

    /// Refuses labels that nothing can be learnt from: outside the classes, of one class only, without a class that is tested.
    let examineLabels classes (train: int array) (test: int array) =
        examineClasses "training" classes train
        examineClasses "test" classes test
        learnableLabels train test

    // What no protocol can measure.
    let private examine (f: Features) =
        let side name (x: torch.Tensor) (labels: int array) =
            if x.dim () <> 2L || labels.Length = 0 || x.shape[0] <> int64 labels.Length then
                let size = x.shape |> Array.map string |> String.concat " x "
                refuse
                    $"the {name} features are {size} and the {name} labels {labels.Length}: they do not belong together. Give one row of features and one label for each image."
            examineClasses name f.Classes labels
            let finite = x.isfinite().all(1L)
            if not (finite.all().item<bool>()) then
                let row = finite.logical_not().to_type(torch.int32).argmax().item<int64>()
                refuse
                    $"the features of {name} image {row} are not finite. The network has diverged, or the features were damaged; nothing can be measured on them."
        use _ = torch.NewDisposeScope ()
        side "training" f.Train f.TrainLabels
        side "test" f.Test f.TestLabels
        if f.Train.shape[1] <> f.Test.shape[1] then
            refuse
                $"training features have {f.Train.shape[1]} values and test features {f.Test.shape[1]}. They must come from one encoder."

    // The same features, unless a protocol that sees these labels cannot learn from them.
    let private learnable (f: Features) =
        examine f
        learnableLabels f.TrainLabels f.TestLabels
        f

    /// The classes of largest score, n x classes.
    let largest (scores: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        (scores.argmax 1L).data<int64>().ToArray() |> Array.map int

    /// The votes, n x classes, of weighted cosine k nearest neighbours: each of the k most similar training images votes for its class with exp (similarity / temperature)
    /// (Wu et al. 2018; MoCo's CIFAR demo). Exact, also where `halves` lets a first look at all similarities be in bfloat16.
    let votesBy halves k (temperature: float) (f: Features) =
        if int64 k > f.Train.shape[0] then
            refuse
                $"{k} neighbours are more than the {f.Train.shape[0]} labelled training images. Use at most {f.Train.shape[0]} neighbours."
        let struct (places, cosines) =
            Torch.Neighbours.Find (f.Test, f.Train, k, halves, Environment.ProcessorCount)
        let n = f.TestLabels.Length
        let votes = Array.zeroCreate<float32>(n * f.Classes)
        for i in 0 .. n - 1 do
            for j in 0 .. k - 1 do
                let at = i * f.Classes + f.TrainLabels[int places[i * k + j]]
                // Less the largest, so that no temperature makes a vote infinite or all votes 0.
                let behind = float (cosines[i * k + j] - cosines[i * k]) / temperature
                votes[at] <- votes[at] + float32 (exp behind)
        torch.tensor(votes).reshape(int64 n, int64 f.Classes)

    /// The votes, by whichever way is the faster here.
    let votes k temperature f = votesBy Torch.Neighbours.HalvesPay k temperature f

    /// The class that they give each test image.
    let neighbours k temperature (f: Features) =
        use _ = torch.NewDisposeScope ()
        largest (votes k temperature f)

    /// Weighted cosine k-nearest-neighbour accuracy in percent.
    let knn k temperature (f: Features) =
        examine f
        Accuracy.top1 (neighbours k temperature f) f.TestLabels

    // The scores that softmax regression gives each test image.
    let private regression decay iterations (f: Features) =
        use _ = torch.NewDisposeScope ()
        let standardize = LinearProbe.standardizer f.Train
        let parameters = LinearProbe.start f.Train.shape[1] f.Classes
        LinearProbe.fit decay iterations f.Classes (standardize f.Train) f.TrainLabels parameters
        (LinearProbe.scores f.Classes (standardize f.Test) parameters).detach().MoveToOuterDisposeScope()

    /// Accuracy in percent of softmax regression on features standardized by the training part's mean and deviation, fitted
    /// by L-BFGS on mean cross-entropy plus decay * |W|^2.
    let linear decay iterations (f: Features) =
        examine f
        use _ = torch.NewDisposeScope ()
        Accuracy.top1 (largest (regression decay iterations f)) f.TestLabels

    /// A protocol's name in results.
    let name = Protocol.name

    /// The share of rows, in percent, whose largest logit is that of their label.
    let classified (logits: torch.Tensor) (labels: int array) =
        use _ = torch.NewDisposeScope ()
        let right = logits.argmax(1L).eq(int64s labels).sum().item<int64>()
        100.0 * float right / float labels.Length

    // The features whose labels a share allows; the caller releases them.
    let private few seed share (f: Features) =
        let chosen = Subset.ofShare seed f.Classes share f.TrainLabels
        {
            f with
                Train = f.Train.index_select (0L, int64s chosen)
                TrainLabels = chosen |> Array.map (fun i -> f.TrainLabels[i])
        }

    /// The scores that a protocol gives each test image, n x classes: the largest is its answer. Test labels are only looked at to refuse what cannot be learnt; they decide nothing.
    let rec scores seed protocol (f: Features) : torch.Tensor =
        use _ = torch.NewDisposeScope ()
        let found =
            match protocol with
            | Protocol.FewLabels (share, inner) ->
                examine f
                scores seed inner (few seed share f)
            | Protocol.PerClass inner
            | Protocol.MeanPrecision inner
            | Protocol.Transfer (_, inner) -> scores seed inner f
            | Protocol.Classifier
            | Protocol.FineTune _
            | Protocol.LinearCrops _
            | Protocol.Online _
            | Protocol.Seeds _
            | Protocol.Corrupted _
            | Protocol.Transformed _ ->
                refuse $"{name protocol} says nothing about features alone; it needs what made them."
            | Protocol.Knn (k, temperature) -> votes k temperature (learnable f)
            | Protocol.Linear (decay, iterations) -> regression decay iterations (learnable f)
            | Protocol.LinearSweep (share, iterations) ->
                let f = learnable f
                snd (LinearProbe.sweep seed share iterations f.Classes f.Train f.TrainLabels f.Test)
            | Protocol.LinearSgd settings ->
                let f = learnable f
                snd (LinearProbe.byRate seed settings f.Classes f.Train f.TrainLabels f.Test)
        found.MoveToOuterDisposeScope ()

    /// The class that a protocol gives each test image.
    let predict seed protocol (f: Features) =
        use _ = torch.NewDisposeScope ()
        largest (scores seed protocol f)

    /// Refuses scores that are not numbers: no answer is the largest of them.
    let finite name (scores: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        if not (scores.isfinite().all().item<bool>()) then
            refuse
                $"{name}: the scores of some test images are not finite. The network has diverged, or its representations are not finite; nothing can be measured."

    /// A protocol's figure of scores, n x classes, in percent: how often the largest is right, its mean over classes, or the mean of 11-point average precision.
    let rec figure protocol classes (scores: torch.Tensor) (labels: int array) =
        finite (name protocol) scores
        match protocol with
        | Protocol.PerClass _ -> Accuracy.perClass classes (largest scores) labels
        | Protocol.MeanPrecision _ ->
            use _ = torch.NewDisposeScope ()
            let values = scores.to_type(torch.float64).contiguous().data<float>().ToArray()
            let rows = Array.chunkBySize classes values
            let marks = labels |> Array.map (fun label -> Array.init classes ((=) label))
            Accuracy.meanAveragePrecision rows marks
        | Protocol.FewLabels (_, inner)
        | Protocol.Transfer (_, inner) -> figure inner classes scores labels
        | _ -> Accuracy.top1 (largest scores) labels

    /// A protocol's figure on features, in percent.
    let measure seed protocol (f: Features) =
        use _ = torch.NewDisposeScope ()
        figure protocol f.Classes (scores seed protocol f) f.TestLabels

    /// Runs each protocol on features, but for those that need the network itself: names and figures in percent. The seed draws subsets of labels, held-out images and
    /// the order of SGD.
    let run seed protocols features =
        protocols
        |> List.filter (fun protocol ->
            match Protocol.core protocol with
            | Protocol.Online _ -> false
            | _ -> not (Protocol.ofNetwork protocol))
        |> List.map (fun protocol -> name protocol, measure seed protocol features)
