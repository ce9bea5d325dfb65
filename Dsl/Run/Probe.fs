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

    /// Weighted cosine k-nearest-neighbour accuracy in percent: each of the k most similar training images votes for its
    /// class with exp (similarity / temperature) (Wu et al. 2018; MoCo's CIFAR demo). Queries go in blocks of 500.
    let knn neighbours (temperature: float) (f: Features) =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let normalize (x: torch.Tensor) = torch.nn.functional.normalize (x, 2.0, 1L)
        let bank = (normalize f.Train).t().contiguous()
        let labels = int64s f.TrainLabels
        let truth = int64s f.TestLabels
        let queries = normalize f.Test
        let count = int f.Test.shape[0]
        let right =
            [ 0..500 .. count - 1 ]
            |> List.sumBy (fun start ->
                Scope.scoped (fun () ->
                    let stop = min count (start + 500)
                    let similarity = queries.slice(0L, int64 start, int64 stop, 1L).mm bank
                    let struct (top, index) = similarity.topk (neighbours, 1)
                    let weights = (top / Scope.number temperature).exp()
                    let votes = torch.zeros (int64 (stop - start), int64 f.Classes)
                    let votes = votes.scatter_add (1L, labels[index], weights)
                    let said = votes.argmax 1L
                    said.eq(truth.slice (0L, int64 start, int64 stop, 1L)).sum().item<int64>()))
        100.0 * float right / float count

    /// Accuracy in percent of softmax regression on features standardized by the training part's mean and deviation, fitted
    /// by L-BFGS on mean cross-entropy plus decay * |W|^2.
    let linear decay iterations (f: Features) =
        use _ = torch.NewDisposeScope ()
        let mean = f.Train.mean ([| 0L |], true)
        let deviation = f.Train.std (0L, true, true) + Scope.number 1e-6
        let standardize (x: torch.Tensor) = (x - mean) / deviation
        let train, test = standardize f.Train, standardize f.Test
        let labels = int64s f.TrainLabels
        let width, classes = f.Train.shape[1], int64 f.Classes
        // One vector of all parameters: the weights, then a bias for each class.
        let parameters = torch.zeros ((width + 1L) * classes)
        let weight (all: torch.Tensor) = all.slice(0L, 0L, width * classes, 1L).reshape(width, classes)
        let bias (all: torch.Tensor) = all.slice (0L, width * classes, (width + 1L) * classes, 1L)
        let logits (x: torch.Tensor) all = x.mm (weight all) + bias all
        let loss all =
            torch.nn.functional.cross_entropy (logits train all, labels)
            + (weight all).pow(Scope.number 2.0).sum() * Scope.number decay
        Lbfgs.minimize iterations loss parameters
        use _ = torch.no_grad ()
        let said = (logits test parameters).argmax 1L
        100.0 * float (said.eq(int64s f.TestLabels).sum().item<int64>())
        / float f.TestLabels.Length

    /// A protocol's name in results.
    let name =
        function
        | Protocol.Knn _ -> "knn"
        | Protocol.Linear _ -> "linear"
        | Protocol.Classifier -> "classifier"

    /// The share of rows, in percent, whose largest logit is that of their label.
    let classified (logits: torch.Tensor) (labels: int array) =
        use _ = torch.NewDisposeScope ()
        let right = logits.argmax(1L).eq(int64s labels).sum().item<int64>()
        100.0 * float right / float labels.Length

    /// Runs each protocol on features, but for the classifier's, which is a matter of the network: names and accuracies in percent.
    let run protocols features =
        protocols
        |> List.choose (fun protocol ->
            match protocol with
            | Protocol.Knn (k, temperature) -> Some (name protocol, knn k temperature features)
            | Protocol.Linear (decay, iterations) -> Some (name protocol, linear decay iterations features)
            | Protocol.Classifier -> None)
