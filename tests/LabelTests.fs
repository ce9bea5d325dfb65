/// Labels: those that k-means or transport gives to images once an epoch, and those that few images show.
module Vantage.Tests.LabelTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Objectives

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        check (6 + int (seed % 20UL)) (2 + int (seed / 20UL % 5UL)) (seed % 1000000UL))

let private unit d (values: float array) =
    values
    |> Array.chunkBySize d
    |> Array.collect (fun row ->
        let length = sqrt (Array.sumBy (fun x -> x * x) row)
        row |> Array.map (fun x -> x / length))

let private matrix (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows))

let private dot (d: int) (x: float array) i (y: float array) j =
    Seq.init d (fun c -> x[i * d + c] * y[j * d + c]) |> Seq.sum

/// The sum of every row's product with the centroid of its label.
let private objective d rows centroids (labels: int array) =
    labels |> Seq.mapi (fun i label -> dot d rows i centroids label) |> Seq.sum

let private labels k n = Array.init n (fun i -> i % k)

[<Tests>]
let tests =
    testList "Labels" [
        property
            "k-means: the kernel is the reference, centroids have length 1, labels are the nearest"
            (fun n d seed ->
                let rows, start = unit d (numbers seed (n * d)), unit d (numbers (seed + 1UL) (4 * d))
                let struct (meant, said) = Reference.SphericalKMeans.Run (rows, start, n, 5)
                let struct (found, labels) = Torch.SphericalKMeans.Run (matrix rows n, matrix start 4, 5)
                let nearest i = Seq.init 4 (fun k -> dot d rows i meant k) |> Seq.max
                Close.worst meant (found.data<float>().ToArray()) < 1e-9
                && said = (labels.data<int64>().ToArray() |> Array.map int)
                && Seq.init 4 (fun k -> dot d meant k meant k)
                   |> Seq.forall (fun x -> abs (x - 1.0) < 1e-9)
                && Seq.init n (fun i -> dot d rows i meant said[i] - nearest i)
                   |> Seq.forall (fun x -> abs x < 1e-12))
        property "k-means: an iteration never makes it worse" (fun n d seed ->
            let rows, start = unit d (numbers seed (n * d)), unit d (numbers (seed + 1UL) (3 * d))
            let after iterations =
                let struct (centroids, labels) = Reference.SphericalKMeans.Run (rows, start, n, iterations)
                objective d rows centroids labels
            [ 0..6 ]
            |> List.map after
            |> List.pairwise
            |> List.forall (fun (a, b) -> b >= a - 1e-9))
        test "k-means: a centroid without rows stays where it is" {
            let struct (centroids, labels) =
                Reference.SphericalKMeans.Run ([| 1.0; 0.0; 1.0; 0.0 |], [| 1.0; 0.0; -1.0; 0.0 |], 2, 3)
            Expect.equal centroids [| 1.0; 0.0; -1.0; 0.0 |] "centroids"
            Expect.equal labels [| 0; 0 |] "labels"
        }
        for name, labelling in [ "k-means", Labelling.KMeans 5; "transport", Labelling.Transport (0.05, 3) ] do
            test $"{name}: labels stay for an epoch and change with the next" {
                use _ = torch.NewDisposeScope ()
                let rows = matrix (unit 4 (numbers 3UL 96)) 24
                let memory, own = rows.clone (), torch.zeros (24L, torch.int64)
                let labels = Labels (labelling, memory, own, torch.full (1L, -1L), 7UL, 0)
                let prototypes = matrix (unit 4 (numbers 4UL 12)) 3
                labels.Begin (0, prototypes)
                let first = own.data<int64>().ToArray()
                Expect.isGreaterThan (Array.distinct first).Length 1 "more than one label"
                labels.Store (rows.roll (5L, 0L), torch.arange 24L)
                labels.Begin (0, prototypes)
                Expect.equal (own.data<int64>().ToArray()) first "the same epoch"
                labels.Begin (1, prototypes)
                Expect.notEqual (own.data<int64>().ToArray()) first "the next epoch"
                Expect.isLessThan
                    (abs (prototypes.norm(1).min().item<float>() - 1.0))
                    1e-9
                    "prototypes of length 1"
            }
        property "so many images of each class are labelled, the same for a seed" (fun n k seed ->
            let all = labels k (n * k)
            let chosen = Order.labelled seed 3 all
            chosen
            |> Array.countBy (fun i -> all[i])
            |> Array.forall (fun (_, c) -> c = min 3 n)
            && chosen = Order.labelled seed 3 all
            && (Array.distinct chosen).Length = chosen.Length)
        property "labelled images take turns: each comes once before any comes again" (fun n batch seed ->
            let steps = Array.init n (Order.beside seed n batch) |> Array.concat
            steps
            |> Array.chunkBySize n
            |> Array.filter (fun round -> round.Length = n)
            |> Array.forall (fun round -> (Array.distinct round).Length = n))
        test "the virtual adversary starts from an image's own direction, wherever it stands in the batch" {
            use _ = torch.NewDisposeScope ()
            let logits = (matrix (numbers 8UL 40) 10).to_type torch.float32
            let objective =
                Objective.Classify (
                    Labelled.PerClass (1, 2),
                    Annealing.Off,
                    [ Unlabelled.Vat (2.0, 1.0, 1.0, 0.0) ]
                )
            let setting = { Device = torch.CPU; Seed = 1UL; Type = torch.float32 }
            let loss step (order: int64 array) =
                let order = torch.tensor order
                let moved = logits.index_select (0L, order)
                let branches = Branches.alone objective 0 None [ moved ] [ moved ]
                // The last two rows are the labelled ones and stay.
                let branches = { branches with Images = order }
                match objective with
                | Objective.Classify (labelled, annealing, terms) ->
                    float ((ClassLoss.loss setting labelled annealing terms step branches).item<float32>())
                | _ -> nan
            for step in 0..9 do
                let plain = loss step [| 0L .. 9L |]
                let turned = loss step [| 7L; 6L; 5L; 4L; 3L; 2L; 1L; 0L; 8L; 9L |]
                // Sums of eight terms in float32, in another order.
                Expect.floatClose Accuracy.medium turned plain $"step {step}"
            Expect.isGreaterThan
                (abs (loss 0 [| 0L .. 9L |] - loss 1 [| 0L .. 9L |]))
                1e-6
                "steps differ in their directions"
        }
        test "annealing goes from 1 / C to 1" {
            let at annealing progress = ClassLoss.threshold annealing 10L progress
            for annealing, first, last in
                [
                    Annealing.Linear, 0.1, 1.0
                    Annealing.Logarithmic, 0.1, 0.993936
                    Annealing.Exponential, 0.106064, 1.0
                    Annealing.Off, 1.0, 1.0
                ] do
                Expect.isLessThan (abs (at annealing 0.0 - first)) 5e-7 $"{annealing} at the start"
                Expect.isLessThan (abs (at annealing 1.0 - last)) 5e-7 $"{annealing} at the end"
        }
        test "labels beyond those shown change nothing of a step" {
            // Two sets that differ in the labels of images that are not among the labelled ones.
            let recipe = Strategies.named "FixMatch"
            let noise = Array.init (32 * 3 * 256) (fun i -> byte (Philox.Bits (3UL, 1, int64 i, 0, 0)))
            let split labels : Split = {
                Name = "noise"
                Count = 32
                Channels = 3
                Height = 16
                Width = 16
                Labels = Some labels
                Read = fun i -> Image (noise, i * 768, 3, 16, 16)
                Marks = None
                Encoded = None
            }
            let all = labels 4 32
            let shown = Order.labelled recipe.Seed 2 all |> Set
            // Swaps among the hidden ones keep the counts of classes; the choice of labelled images must stay.
            let loss labels =
                use _ = torch.NewDisposeScope ()
                let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe (split labels)
                let order = Array.append (Array.init 8 id) (Set.toArray shown)
                let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer order.Length))
                Views.render trainer.Viewer 0 order (Array.map trainer.Split.Read order) 1 values
                let batch = { Step = 0; Epoch = 0; Indices = order; Values = values }
                let value, _, _, _ = Trainer.gradients trainer batch
                value
            let changed =
                all
                |> Array.mapi (fun i label -> if shown.Contains i then label else (label + 1) % 4)
            Expect.equal (loss changed) (loss all) "the loss"
        }
    ]
