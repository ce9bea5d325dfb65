namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Residual networks: images n x c x h x w in, their last maps out. Names as torchvision's.
module Residual =
    open Layers

    let private one weights name inputs outputs stride =
        conv weights $"{name}.0" inputs outputs 1 stride 0
        >> batchNorm weights $"{name}.1" outputs

    // Of maps what goes into a block, and what its shortcut makes of them.
    let private forked weights name inputs outputs stride =
        if inputs = outputs && stride = 1 then
            fun (x: torch.Tensor) -> x, x
        else
            // Of one pixel in each square: without the others it is a product.
            let beside = one weights $"{name}.downsample" inputs outputs 1
            fun x ->
                let struct (all, some) = if stride = 1 then struct (x, x) else Torch.Fork.Of (x, stride)
                all, beside some

    // Means of 2 x 2 before a shortcut that halves, in place of leaving three of four values out (ResNet-D, He et al. 2019); an odd last row or column is met by zeros, as in
    // resnet.py of google-research/simclr.
    let private averaged weights name inputs outputs stride =
        if inputs = outputs && stride = 1 then
            id
        elif stride = 1 then
            one weights $"{name}.downsample" inputs outputs 1
        else
            fun (x: torch.Tensor) ->
                let padded = torch.nn.functional.pad (x, [| 0L; 1L; 0L; 1L |])
                torch.nn.functional.avg_pool2d (padded, int64 stride, int64 stride)
            >> one weights $"{name}.downsample" inputs outputs 1

    // Scaled by 0 at first, a block starts as its shortcut (Goyal et al. 2017, section 5.1).
    let private last zero = batchNormPlusRelu (if zero then 0.0 else 1.0)

    /// A block of two 3 x 3 convolutions.
    let basic zero weights name inputs width stride =
        let first =
            conv weights $"{name}.conv1" inputs width 3 stride 1
            >> batchNormRelu weights $"{name}.bn1" width
        let second = conv weights $"{name}.conv2" width width 3 1 1
        let finish = last zero weights $"{name}.bn2" width
        let fork = forked weights name inputs width stride
        width,
        (fun (x: torch.Tensor) ->
            let x, beside = fork x
            x |> first |> second |> finish beside)

    // Two streams of one 3 x 3 convolution of twice the width, weighed for each image and channel by a softmax (SimCLRv2's variant of Li et al. 2019: resnet.py of
    // google-research/simclr).
    let private selective (ratio: float) weights name inputs width stride =
        let streams =
            conv weights $"{name}.conv" inputs (2 * width) 3 stride 1
            >> batchNormRelu weights $"{name}.bn" (2 * width)
        let middle = max (int (float width * ratio)) 32
        let weigh =
            conv weights $"{name}.fc1" width middle 1 1 0
            >> batchNormRelu weights $"{name}.fc1bn" middle
            >> conv weights $"{name}.fc2" middle (2 * width) 1 1 0
        fun (x: torch.Tensor) ->
            let both = streams x
            let n, h, w = both.shape[0], both.shape[2], both.shape[3]
            let both = both.view (n, 2L, int64 width, h, w)
            let shares = both.sum(1L).mean([| 2L; 3L |], true) |> weigh
            let shares = shares.view(n, 2L, int64 width, 1L, 1L).softmax 1L
            (both * shares).sum 1L

    /// A block of 1 x 1, 3 x 3 and 1 x 1 convolutions of four times the width out; the 3 x 3 one selective with this ratio.
    let bottleneck zero (ratio: float option) weights name inputs width stride =
        let outputs = 4 * width
        let middle =
            match ratio with
            | Some ratio -> selective ratio weights $"{name}.sk" width width stride
            | None ->
                conv weights $"{name}.conv2" width width 3 stride 1
                >> batchNormRelu weights $"{name}.bn2" width
        let inside =
            conv weights $"{name}.conv1" inputs width 1 1 0
            >> batchNormRelu weights $"{name}.bn1" width
            >> middle
            >> conv weights $"{name}.conv3" width outputs 1 1 0
        let finish = last zero weights $"{name}.bn3" outputs
        let fork =
            match ratio with
            | Some _ ->
                let beside = averaged weights name inputs outputs stride
                fun x -> x, beside x
            | None -> forked weights name inputs outputs stride
        outputs,
        (fun (x: torch.Tensor) ->
            let x, beside = fork x
            inside x |> finish beside)

    /// Stages of blocks, named layer1.0, layer1.1, layer2.0 ... as torchvision names them: the width and the function of each. The first stage keeps the size.
    let stages weights block inputs widths counts =
        ((inputs, 1), List.zip widths counts)
        ||> List.mapFold (fun (inputs, stage) (width, count) ->
            let outputs, through =
                ((inputs, id), [ 0 .. count - 1 ])
                ||> List.fold (fun (inputs, so) k ->
                    let stride = if k = 0 && stage > 1 then 2 else 1
                    let outputs, layer = block weights $"layer{stage}.{k}" inputs width stride
                    outputs, so >> fun x -> Scope.returning (fun () -> layer x))
            (outputs, through), (outputs, stage + 1))
        |> fst

    let private pool (x: torch.Tensor) = torch.nn.functional.max_pool2d (x, 3L, 2L, 1L)

    // Three 3 x 3 convolutions in place of one of 7 x 7 (ResNet-D); selective networks have them.
    let private deep weights channels width =
        conv weights "conv1.0" channels (width / 2) 3 2 1
        >> batchNormRelu weights "conv1.1" (width / 2)
        >> conv weights "conv1.3" (width / 2) (width / 2) 3 1 1
        >> batchNormRelu weights "conv1.4" (width / 2)
        >> conv weights "conv1.6" (width / 2) width 3 1 1
        >> batchNormRelu weights "bn1" width

    /// How many blocks each stage has, and whether they are bottlenecks; none for depths that are not published.
    let counts =
        function
        | 18 -> Some (false, [ 2; 2; 2; 2 ])
        | 34 -> Some (false, [ 3; 4; 6; 3 ])
        | 50 -> Some (true, [ 3; 4; 6; 3 ])
        | 101 -> Some (true, [ 3; 4; 23; 3 ])
        | 152 -> Some (true, [ 3; 8; 36; 3 ])
        | 200 -> Some (true, [ 3; 24; 36; 3 ])
        | _ -> None

    /// A residual network of a published depth: its stem and its stages.
    let network (weights: Weights) channels (it: ResNet) =
        let width = 64 * it.Width
        let first =
            match it.Stem, it.Selective with
            | Stem.ImageNet, Some _ -> deep weights channels width >> pool
            | Stem.ImageNet, None ->
                conv weights "conv1" channels width 7 2 3
                >> batchNormRelu weights "bn1" width
                >> pool
            | Stem.SmallImage, _ ->
                conv weights "conv1" channels width 3 1 1 >> batchNormRelu weights "bn1" width
        match counts it.Depth with
        | Some (bottlenecks, counts) ->
            let block = if bottlenecks then bottleneck it.ZeroInit it.Selective else basic it.ZeroInit
            first, stages weights block width [ for k in [ 1; 2; 4; 8 ] -> k * width ] counts
        | None ->
            invalidArg (nameof it) $"there is no ResNet-{it.Depth} here; `check` names those that are built"
