namespace Vantage

open TorchSharp

/// Encoders: images n x c x h x w in, representations n x d out, float32 both.
module Encoders =
    open Layers

    let private shortcut weights name inputs outputs stride =
        if inputs = outputs && stride = 1 then
            id
        else
            conv weights $"{name}.downsample.0" inputs outputs 1 stride 0
            >> batchNorm weights $"{name}.downsample.1" outputs

    let private basic weights name inputs width stride =
        let first =
            conv weights $"{name}.conv1" inputs width 3 stride 1
            >> batchNorm weights $"{name}.bn1" width
            >> relu
        let second =
            conv weights $"{name}.conv2" width width 3 1 1
            >> batchNorm weights $"{name}.bn2" width
        let beside = shortcut weights name inputs width stride
        width, (fun (x: torch.Tensor) -> x |> first |> second |> plus (beside x) |> relu)

    let private bottleneck weights name inputs width stride =
        let outputs = 4 * width
        let inside =
            conv weights $"{name}.conv1" inputs width 1 1 0
            >> batchNorm weights $"{name}.bn1" width
            >> relu
            >> conv weights $"{name}.conv2" width width 3 stride 1
            >> batchNorm weights $"{name}.bn2" width
            >> relu
            >> conv weights $"{name}.conv3" width outputs 1 1 0
            >> batchNorm weights $"{name}.bn3" outputs
        let beside = shortcut weights name inputs outputs stride
        outputs, (fun (x: torch.Tensor) -> inside x |> plus (beside x) |> relu)

    /// Stages of blocks, named layer1.0, layer1.1, layer2.0 ... as torchvision names them. The first stage keeps the size.
    let private stages weights block inputs widths counts =
        ((inputs, id, 1), List.zip widths counts)
        ||> List.fold (fun (inputs, so, stage) (width, count) ->
            let outputs, through =
                ((inputs, so), [ 0 .. count - 1 ])
                ||> List.fold (fun (inputs, so) k ->
                    let stride = if k = 0 && stage > 1 then 2 else 1
                    let outputs, layer = block weights $"layer{stage}.{k}" inputs width stride
                    outputs, so >> layer)
            outputs, through, stage + 1)
        |> fun (width, through, _) -> width, through

    let private pooled (x: torch.Tensor) = x.mean([| 2L; 3L |]).to_type torch.float32

    let private prepared (weights: Weights) (x: torch.Tensor) = channelsLast (x.to_type weights.Compute)

    /// Builds an encoder: the width of its representation, and the function.
    let build (weights: Weights) channels encoder =
        match encoder with
        | Encoder.CompactResNet (widths, blocks) ->
            let stem =
                conv weights "conv1" channels widths.Head 4 2 1
                >> batchNorm weights "bn1" widths.Head
                >> relu
            let width, body = stages weights basic widths.Head widths (List.replicate widths.Length blocks)
            width, prepared weights >> stem >> body >> pooled
        | Encoder.ResNet (depth, stem) ->
            let first =
                match stem with
                | Stem.ImageNet ->
                    conv weights "conv1" channels 64 7 2 3
                    >> batchNorm weights "bn1" 64
                    >> relu
                    >> fun x -> torch.nn.functional.max_pool2d (x, 3L, 2L, 1L)
                | Stem.SmallImage ->
                    conv weights "conv1" channels 64 3 1 1 >> batchNorm weights "bn1" 64 >> relu
            let block, counts =
                match depth with
                | 18 -> basic, [ 2; 2; 2; 2 ]
                | 34 -> basic, [ 3; 4; 6; 3 ]
                | 50 -> bottleneck, [ 3; 4; 6; 3 ]
                | other ->
                    invalidArg (nameof encoder) $"there is no ResNet-{other} here; 18, 34 and 50 are built"
            let width, body = stages weights block 64 [ 64; 128; 256; 512 ] counts
            width, prepared weights >> first >> body >> pooled
