module Vantage.Tests.NetworkTests

open Expecto
open TorchSharp
open Vantage

let private built encoder precision channels =
    Network.ofRecipe torch.CPU channels { Generators.small with Encoder = encoder; Precision = precision }

let private encoderParameters (network: Network) =
    network.Weights.Parameters
    |> List.filter (fun (name, _) -> not (name.StartsWith "projector"))

/// Encoders against their published sizes and names.
[<Tests>]
let tests =
    testSequenced
    <| testList "Networks" [
        // torchvision's counts without the classifier: 11,689,512 - 513,000 and so on.
        for depth, count, width in [ 18, 11_176_512L, 512; 34, 21_284_672L, 512; 50, 23_508_032L, 2048 ] do
            test $"ResNet-{depth} has the published parameters" {
                let network = built (resnet depth) float32s 3
                let found = encoderParameters network |> List.sumBy (fun (_, t) -> t.numel ())
                Expect.equal found count "parameters"
                Expect.equal network.Width width "width of h"
            }
        test "ResNet-18's weights have torchvision's names" {
            let names = encoderParameters (built (resnet 18) float32s 3) |> List.map fst |> Set
            for name in
                [
                    "conv1.weight"
                    "bn1.weight"
                    "layer1.0.conv1.weight"
                    "layer2.0.downsample.0.weight"
                    "layer2.0.downsample.1.bias"
                    "layer4.1.bn2.weight"
                ] do
                Expect.isTrue (names.Contains name) name
            Expect.equal names.Count 60 "weights"
        }
        for name, encoder, size, width in
            [
                "ImageNet stem", resnet 18, 64L, 512L
                "small-image stem", resnet18Small, 32L, 512L
                "bottlenecks", resnetSmall 50, 16L, 2048L
                "compact", compactResNet [ 8; 16; 24 ] 2, 28L, 24L
                "laptop", laptopResNet [ 32; 64 ] 1, 28L, 64L
            ] do
            test $"{name}: shapes, and bfloat16 near float32" {
                let images = torch.rand (2L, 3L, size, size)
                let encode precision =
                    use _ = torch.no_grad ()
                    let network = built encoder precision 3
                    network.Weights.Training <- false
                    network.Encode images
                let full, half = encode float32s, encode bfloat16
                Expect.equal full.shape [| 2L; width |] "shape of h"
                Expect.equal half.dtype torch.float32 "h is float32"
                // bfloat16 keeps 8 bits: 2^-8 a rounding, through up to 50 layers.
                let apart = ((full - half).norm() / full.norm ()).item<float32>()
                Expect.isLessThan apart 0.1f "relative distance"
            }
        test "maps in either layout give the same representation" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let images = torch.rand (4L, 3L, 28L, 28L)
            for encoder in [ compactResNet [ 16; 32 ] 1; laptopResNet [ 32; 64 ] 1; resnet18Small ] do
                let encode precision = (built encoder precision 3).Encode images
                let first, last = encode (channelsFirst float32s), encode (channelsLast float32s)
                // Float32 sums in another order through up to 20 layers.
                let apart = ((first - last).norm() / last.norm ()).item<float32>()
                Expect.isLessThan apart 1e-4f $"relative distance, %A{encoder}"
        }
        test "overlapping patches are a convolution" {
            use _ = torch.NewDisposeScope ()
            let weights = Weights (torch.CPU, 3UL, float32s, true)
            let through = Layers.overlapping weights "conv1" 3 32 4
            let _, weight = weights.Parameters.Head
            for size in [ 16L; 28L; 30L ] do
                let x = torch.rand (2L, 3L, size, size)
                let expected =
                    torch.nn.functional.conv2d (x, weight, strides = [| 4L; 4L |], padding = [| 2L; 2L |])
                let found = through x
                Expect.equal found.shape expected.shape "shape"
                // Float32 sums of 192 products in another order.
                Expect.isLessThan ((found - expected).abs().max().item<float32>()) 1e-5f "distance"
        }
        test "a step costs views three times, targets once, predictors where they are" {
            let layer name macs = { Layer = name; Output = [ 1L; 10L ]; Macs = macs }
            let view = [ layer "conv1" 100L; layer "predictor.0" 7L ]
            let small = [ layer "conv1" 20L; layer "predictor.0" 7L ]
            let cost name traces = Explain.cost (Strategies.named name) traces
            Expect.equal (cost "SimCLR" [ view; view ]) (3L * 214L, 40L) "all views learn"
            Expect.equal (cost "BYOL" [ view; view ]) (3L * 214L + 200L, 40L) "and targets come on top"
            Expect.equal (cost "MoCo" [ view; view ]) (3L * 107L + 100L, 20L) "one way"
            Expect.equal
                (cost "DINO" [ view; view; small; small ])
                (3L * (214L + 54L) + 200L, 80L)
                "targets of global views only"
        }
        test "explain counts the multiply-adds of ResNet-18" {
            // The published 1.8 billion at 224 px, without the classifier's 0.5 million (torchvision: 1.814).
            let network = built (resnet 18) float32s 3
            let encoder =
                Explain.layers
                    network
                    (Vantage.Kernels.ViewShape (3, 224, 224, [| 0.0f; 0.0f; 0.0f |], [| 1.0f; 1.0f; 1.0f |]))
                |> List.filter (fun l -> not (l.Layer.StartsWith "projector"))
            let macs = encoder |> List.sumBy _.Macs
            Expect.floatClose { absolute = 0.01; relative = 0.0 } (float macs / 1e9) 1.814 "billions"
        }
    ]
