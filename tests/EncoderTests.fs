/// Encoders against what is published: counts of parameters, names, and torchvision's outputs for weights that anybody can compute.
module Vantage.Tests.EncoderTests

open System
open System.IO
open Expecto
open TorchSharp
open Vantage

let private built encoder =
    Network.ofRecipe torch.CPU 3 { Generators.small with Encoder = encoder; Precision = float32s }

let private count (network: Network) =
    EncoderFile.tensors network.Weights
    |> List.filter (fun (name, _) -> not (name.Contains "running_"))
    |> List.sumBy (fun (_, t) -> t.numel ())

/// The weights of bench/peers/encoders_torchvision.py, which says how they are made.
let private fill (network: Network) =
    use _ = torch.NewDisposeScope ()
    use _ = torch.no_grad ()
    for name, t in EncoderFile.tensors network.Weights do
        let w =
            torch.arange (float (t.numel ()) |> Scope.number, dtype = torch.float64)
            |> fun i -> (i * Scope.number 0.7 + Scope.number (1.3 * float name.Length)).sin().view t.shape
        let token = name.EndsWith "_token" || name.EndsWith "pos_embed"
        let value =
            if t.dim () > 1L && not token then
                w * Scope.number (sqrt (2.0 / float (t.numel () / t.shape[0])))
            elif name.EndsWith "running_var" then
                w * w * Scope.number 0.5 + Scope.number 1.0
            elif t.dim () = 1L && name.EndsWith "weight" then
                w * Scope.number 0.1 + Scope.number 1.0
            else
                w * Scope.number 0.1
        t.copy_ (value.to_type torch.float32) |> ignore

let private image size =
    (torch.arange (Scope.number (float (3 * size * size)), dtype = torch.float64)
     * Scope.number 0.05)
        .sin()
        .view(1L, 3L, int64 size, int64 size)
        .to_type
        torch.float32

let private output (network: Network) size =
    use _ = torch.no_grad ()
    network.Training <- false
    network.Encode(image size).to_type(torch.float64).data<float>().ToArray()

/// Float32 sums in another order, of up to 4608 products, through up to 50 layers: relative to the largest value.
let private close = 2e-4

let private agrees encoder size expected total =
    use _ = torch.NewDisposeScope ()
    let network = built encoder
    fill network
    let found = output network size
    let six = expected |> List.map (fun (at: int, _) -> found[at]) |> List.toArray
    let largest = found |> Array.map abs |> Array.max
    Expect.isLessThan (Close.worst six (expected |> List.map snd |> List.toArray) / largest) close $"%A{six}"
    Expect.isLessThan (abs (Array.sum found - total) / (largest * sqrt (float found.Length))) close "sum"

let private tinyVit = vitCompact 28<px> 4<px>

[<Tests>]
let tests =
    testSequenced
    <| testList "Encoders" [
        // torchvision's and timm's counts at 224 px less those of the classifier (1,000 classes).
        for name, encoder, published, features in
            [
                "ResNet-101", resnet 101, 44_549_160L, 2048L
                "ResNet-152", resnet 152, 60_192_808L, 2048L
                "ViT-Ti/16", vitTiny 224<px> 16<px>, 5_717_416L, 192L
                "ViT-S/16", vitSmall 224<px> 16<px>, 22_050_664L, 384L
            ] do
            test $"{name} has the published parameters" {
                use _ = torch.NewDisposeScope ()
                Expect.equal (count (built encoder)) (published - (features + 1L) * 1000L) "parameters"
            }
        // SimCLRv2, table 1, in millions.
        for name, encoder, millions in
            [
                "ResNet-50 2x", resnet 50 |> wider 2, 94.0
                "ResNet-50 1x + SK", resnet 50 |> selective, 35.0
                "ResNet-101 1x + SK", resnet 101 |> selective, 65.0
            ] do
            test $"{name} has SimCLRv2's parameters" {
                use _ = torch.NewDisposeScope ()
                let found = float (count (built encoder)) / 1e6
                Expect.isLessThan (abs (found - millions)) 1.0 $"{found} millions"
            }
        test "ResNet-18 gives torchvision's outputs" {
            agrees
                (resnet 18)
                64
                [ 0, 26258.6; 85, 46512.2; 171, 47904.0; 255, 41361.9; 341, 41868.5; 425, 45025.9 ]
                1.41564e+07
        }
        test "ResNet-50 gives torchvision's outputs" {
            agrees
                (resnet 50)
                64
                [ 8, 4.49219; 350, 16.2435; 690, 11.9765; 1019, 2.21433; 1361, 0.000822783; 1710, 6.99474 ]
                17900.8
        }
        test "a transformer gives torchvision's outputs" {
            let encoder =
                match vitCompact 32<px> 8<px> with
                | Encoder.ViT it -> Encoder.ViT { it with Width = 48; Depth = 2; Heads = 3 }
                | other -> other
            agrees
                encoder
                32
                [ 0, 0.178149; 8, -0.991268; 16, -1.57788; 24, -0.0855503; 32, 1.7349; 40, 1.63603 ]
                -0.328707
        }
        for name, encoder in
            [
                "a ResNet", compactResNet [ 8; 16 ] 1
                "a selective ResNet", resnetSmall 50 |> selective
                "a transformer", tinyVit |> fixedPatches
            ] do
            test $"{name} goes through a file and back, bit for bit" {
                use _ = torch.NewDisposeScope ()
                let path = Path.GetTempFileName ()
                try
                    let one, other = built encoder, built encoder
                    fill one
                    EncoderFile.save path one.Weights
                    Expect.isEmpty (EncoderFile.load path other.Weights) "nothing is left out"
                    Expect.equal (output other 28) (output one 28) "outputs"
                finally
                    File.Delete path
            }
        test "a file of another encoder is refused by names and shapes, and changes nothing" {
            use _ = torch.NewDisposeScope ()
            let path = Path.GetTempFileName ()
            try
                let one, wide, vit =
                    built (compactResNet [ 8; 16 ] 1), built (compactResNet [ 16; 16 ] 1), built tinyVit
                EncoderFile.save path one.Weights
                let before = output wide 28
                let said (network: Network) =
                    try
                        EncoderFile.load path network.Weights |> ignore
                        "accepted"
                    with EncoderFileException text ->
                        text
                Expect.stringContains (said wide) "conv1.weight (8 x 3 x 4 x 4 in the file" "shapes"
                Expect.stringContains (said vit) "lacks cls_token" "missing"
                Expect.stringContains (said vit) "bn1" "unexpected"
                Expect.equal (output wide 28) before "untouched"
                File.WriteAllText (path, "no weights")
                Expect.stringContains (said one) path "not a file of weights"
            finally
                File.Delete path
        }
        test "what is not an encoder is left out of a file" {
            use _ = torch.NewDisposeScope ()
            let names = EncoderFile.tensors (built tinyVit).Weights |> List.map fst
            Expect.isFalse (names |> List.exists _.StartsWith("projector")) "projector"
            Expect.contains names "blocks.3.attn.qkv.weight" "timm's name"
        }
        for name, encoder in
            [
                "class token", tinyVit
                "mean", tinyVit |> meanPooled
                "sines", tinyVit |> sinCos |> fixedPatches
                "left out blocks", tinyVit |> dropPath 0.3
            ] do
            test $"a transformer with {name}: shapes at three sizes, bfloat16 near float32" {
                use _ = torch.NewDisposeScope ()
                let network precision =
                    Network.ofRecipe torch.CPU 3 {
                        Generators.small with
                            Encoder = encoder
                            Precision = precision
                    }
                let full, half = network float32s, network bfloat16
                full.Training <- false
                half.Training <- false
                use _ = torch.no_grad ()
                // Images one patch wide are a convolution that leaves one column, which libtorch's tiles get wrong in bfloat16.
                for height, width in [ 28L, 28L; 16L, 16L; 28L, 4L ] do
                    let x = torch.rand (2L, 3L, height, width)
                    let a, b = full.Encode x, half.Encode x
                    Expect.equal a.shape [| 2L; 96L |] "shape"
                    Expect.equal b.dtype torch.float32 "h is float32"
                    let apart = ((a - b).norm() / a.norm ()).item<float32>()
                    Expect.isLessThan apart 0.05f "relative distance"
            }
        test "a target that follows drops nothing" {
            use _ = torch.NewDisposeScope ()
            let network =
                Network.ofRecipe torch.CPU 3 {
                    Strategies.named "DINO on a transformer" with
                        Encoder = tinyVit |> dropPath 0.9
                }
            network.Training <- true
            use _ = torch.no_grad ()
            let x = torch.rand (4L, 3L, 28L, 28L)
            let differ (encode: torch.Tensor -> torch.Tensor) =
                let first = encode x
                Seq.init 4 (fun _ -> (encode x - first).abs().max().item<float32>()) |> Seq.max
            Expect.isGreaterThan (differ network.Encode) 0.0f "the network that learns"
            Expect.equal (differ network.Target.Value.Encode) 0.0f "its target"
        }
        test "sines and cosines: each place its own, rows and columns apart" {
            use _ = torch.NewDisposeScope ()
            let all = Transformer.sinCos 3 5 16
            Expect.equal all.shape [| 1L; 15L; 16L |] "shape"
            let distances = torch.cdist (all.squeeze 0L, all.squeeze 0L) + torch.eye 15L * Scope.number 9.0
            Expect.isGreaterThan (distances.min().item<float32>()) 0.1f "no two places alike"
        }
        test "a block that starts at its shortcut changes nothing but by its norm" {
            use _ = torch.NewDisposeScope ()
            let zero = built (resnetSmall 18 |> zeroInit)
            let scales =
                zero.Weights.Parameters
                |> List.filter (fun (name, _) -> name.StartsWith "layer" && name.EndsWith "bn2.weight")
            Expect.equal scales.Length 8 "one for each block"
            for name, t in scales do
                Expect.equal (t.abs().max().item<float32>()) 0.0f name
        }
    ]
