module Vantage.Tests.QualityTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.NetworkProtocolTests

/// Images of known quality under the protocols of a network, and images that nothing can be measured on.
[<Tests>]
let tests =
    testList "Quality" [
        test "images and labels that do not belong together are refused by every kind of protocol" {
            let test = data.Test.Value
            let short = { test with Labels = Some (Array.truncate 63 test.Labels.Value) }
            for protocol in
                [
                    knn 5 0.1
                    plain
                    balancedLabels 50.0 plain
                    overSeeds 2 (knn 5 0.1)
                    corrupted 20 [ Corruption.Contrast ] (knn 5 0.1)
                ] do
                let measure data () = examined data |> Measure.run [ protocol ] |> List.head |> snd
                refused
                    "the training part of patterns has 192 images and 10 labels"
                    (measure (withLabels (Array.create 10 0) data))
                refused
                    "the test part of patterns has 64 images and 63 labels"
                    (measure { data with Test = Some short })
                refused "training image 0 has label 9" (measure (withLabels (Array.create 192 9) data))
                refused "one class only" (measure (withLabels (Array.create 192 1) data))
                refused
                    "class 3 is in the test split"
                    (measure (withLabels (Array.init 192 (fun i -> i % 3)) data))
            // A classifier of eight classes on a set of four, as of a checkpoint of other data.
            refused "knows 8 classes, and patterns has 4" (fun () -> measure classifier data)
            let few = { data with Train = part data.Train 0 4 }
            refused "5 neighbours are more than the 4" (fun () -> measure (knn 5 0.1) few)
            refused "5 neighbours are more than the 4" (fun () ->
                examined few
                |> Measure.run [ corrupted 20 [ Corruption.Contrast ] (knn 5 0.1) ]
                |> List.head
                |> snd)
        }
        test "a network that has diverged is refused by every kind of protocol" {
            let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU Generators.small data.Train
            Scope.withoutGradient (fun () ->
                for _, tensor in trainer.Network.Weights.Parameters do
                    tensor.fill_ (Scope.number nan) |> ignore)
            let diverged = Measure.ofNetwork trainer.Viewer trainer.Recipe trainer.Network data
            for protocol in
                [
                    knn 5 0.1
                    corrupted 20 [ Corruption.Contrast ] (knn 5 0.1)
                    Protocol.Transformed (Transformation.Turned, 100)
                ] do
                refused "not finite" (fun () -> diverged |> Measure.run [ protocol ] |> List.head |> snd)
            let four = { diverged with Data = { data with Classes = List.replicate 8 "a" } }
            refused "not finite" (fun () -> four |> Measure.run [ classifier ] |> List.head |> snd)
            refused "Use a lower rate" (fun () -> diverged |> Measure.run [ plain ] |> List.head |> snd)
        }
        for protocol in
            [
                plain
                balancedLabels 50.0 plain
                match augmented (linearSgd "own" 8.0 16 20) with
                | Protocol.LinearCrops (settings, _) -> Protocol.LinearCrops (settings, 0.8)
                | other -> other
                overSeeds 2 (balancedLabels 50.0 (linearProbe 1e-2 40))
                corrupted 64 [ Corruption.Contrast; Corruption.GaussianNoise ] (knn 5 0.1)
                Protocol.Transformed (Transformation.Turned, 192)
            ] do
            test $"{Protocol.name protocol}: better images score higher, shuffled labels score chance" {
                // The more of an image is another one's, drawn by chance, the less it tells.
                let mixed share (split: Split) = {
                    split with
                        Read =
                            fun i ->
                                let own = split.Read i
                                let other = split.Read ((i * 7 + 5) % split.Count)
                                let other = Altered.corrupt Corruption.ImpulseNoise 5 (uint64 i) other
                                let blend k =
                                    let noise = float (Philox.Uniform (3UL, 1, int64 i, 7, k))
                                    float32 (
                                        (1.0 - share) * own.At k + share * (0.3 * other.At k + 0.7 * noise)
                                    )
                                Image (Array.init own.Length blend, 0, own.Channels, own.Height, own.Width)
                }
                let quality share = {
                    data with
                        Train = mixed share data.Train
                        Test = data.Test |> Option.map (mixed share)
                }
                let first data = examined data |> Measure.run [ protocol ] |> List.head |> snd
                let good, bad = first (quality 0.2), first (quality 0.97)
                Expect.isGreaterThan good (bad + 5.0) "ordering"
                match protocol with
                // Its labels are drawn, not the set's.
                | Protocol.Transformed _ -> ()
                | _ ->
                    let labels = data.Train.Labels.Value
                    let shuffled = Order.permutation 9UL 0 labels.Length |> Array.map (fun i -> labels[i])
                    // Of four classes; whole patterns are right or wrong.
                    Expect.isLessThan (first (withLabels shuffled (quality 0.2))) 60.0 "chance"
            }
    ]
