namespace Vantage

open TorchSharp

/// Layers as functions from tensor to tensor. Widths are `int` in the language and `int64` here only.
module Layers =
    let private momentum = 0.1
    let private epsilon = 1e-5

    /// Images n x c x h x w in the order n, h, w, c in memory, which libtorch's CPU convolutions prefer.
    let channelsLast (x: torch.Tensor) = x.permute(0L, 2L, 3L, 1L).contiguous().permute(0L, 3L, 1L, 2L)

    /// 2-D convolution without bias; weights He-normal by fan-out (torchvision's ResNet).
    let conv (weights: Weights) name inputs outputs kernel stride padding =
        let deviation = sqrt (2.0 / float (outputs * kernel * kernel))
        let size = [| int64 outputs; int64 inputs; int64 kernel; int64 kernel |]
        let weight =
            weights.Parameter (
                $"{name}.weight",
                fun g -> torch.randn(size, generator = g).mul_(Scope.number deviation)
            )
        fun (x: torch.Tensor) ->
            let y =
                torch.nn.functional.conv2d (
                    x,
                    weight.to_type weights.Compute,
                    strides = [| int64 stride; int64 stride |],
                    padding = [| int64 padding; int64 padding |]
                )
            weights.Note (name, y, y.numel () / y.shape[0] * int64 (inputs * kernel * kernel))
            y

    // Over all values of each image's maps, or of each row, in float32; the scale and offset of a channel (group norm of one group).
    let private overImage (weights: Weights) name width (start: float) =
        let size = [| int64 width |]
        let scale = weights.Parameter ($"{name}.weight", fun _ -> torch.full (size, Scope.number start))
        let offset = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros size)
        fun (x: torch.Tensor) ->
            torch.nn.functional.group_norm(x.to_type torch.float32, 1L, scale, offset, epsilon).to_type
                x.dtype

    let private overBatch (start: float) (weights: Weights) name width scaled shifted =
        let size = [| int64 width |]
        let learnt asked suffix (value: int64 array -> torch.Tensor) =
            if asked then
                weights.Parameter ($"{name}.{suffix}", fun _ -> value size)
            else
                null
        let scale = learnt scaled "weight" (fun size -> torch.full (size, Scope.number start))
        let offset = learnt shifted "bias" (fun size -> torch.zeros size)
        let mean = weights.Buffer ($"{name}.running_mean", torch.zeros size)
        let variance = weights.Buffer ($"{name}.running_var", torch.ones size)
        fun (x: torch.Tensor) ->
            torch.nn.functional.batch_norm (
                x,
                mean,
                variance,
                scale,
                offset,
                weights.Training,
                (if weights.Following then momentum else 0.0),
                epsilon
            )

    /// Batch norm over all but the channel dimension, with a learnt scale and a learnt offset or without. Statistics, scale and offset are float32.
    let normOverBatch weights name width scaled shifted = overBatch 1.0 weights name width scaled shifted

    /// The norm of a residual network whose scale starts at this value: batch norm, or layer norm over each image where the weights say so.
    let batchNormFrom (weights: Weights) name width start =
        if weights.LayerNorms then
            overImage weights name width start
        else
            overBatch start weights name width true true

    /// The same from 1.
    let batchNorm weights name width = batchNormFrom weights name width 1.0

    /// Norm over the values of each row in float32, with learnt scale and offset, this added to the variance (Ba et al. 2016).
    let normOverValues epsilon (weights: Weights) name width =
        let size = [| int64 width |]
        let scale = weights.Parameter ($"{name}.weight", fun _ -> torch.ones size)
        let offset = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros size)
        fun (x: torch.Tensor) ->
            torch.nn.functional.layer_norm(x.to_type torch.float32, size, scale, offset, epsilon).to_type
                x.dtype

    /// The same with PyTorch's epsilon.
    let layerNorm weights name width = normOverValues epsilon weights name width

    /// Values set to 0 with this probability while training, the others scaled by 1 / (1 - probability). What is dropped depends on the run's seed, the step,
    /// the layer and how often the layer ran in the step: a resumed run drops the same.
    let dropout (weights: Weights) (layer: int) probability =
        let counter = weights.Counter ()
        fun (x: torch.Tensor) ->
            if not weights.Drops || probability = 0.0 then
                x
            else
                let calls = weights.Call counter
                let bits word =
                    uint64 (
                        Vantage.Kernels.Philox.Bits (weights.Seed, weights.Step, int64 layer, calls, word)
                    )
                use generator = new torch.Generator ((bits 0 <<< 32) ||| bits 1, torch.CPU)
                let kept = torch.rand(x.shape, dtype = torch.float32, generator = generator).``to``(x.device)
                let mask = kept.ge(Scope.number probability).to_type x.dtype
                x * mask / Scope.number (1.0 - probability)

    /// Dense layer in float32; weights uniform within 1 / sqrt(inputs) (PyTorch's default).
    let linear (weights: Weights) name inputs outputs bias =
        let bound = 1.0 / sqrt (float inputs)
        let uniform (size: int64 array) (g: torch.Generator) =
            torch.rand(size, generator = g).mul_(Scope.number (2.0 * bound)).sub_(Scope.number bound)
        let weight = weights.Parameter ($"{name}.weight", uniform [| int64 outputs; int64 inputs |])
        let offset =
            if bias then
                weights.Parameter ($"{name}.bias", uniform [| int64 outputs |])
            else
                null
        fun (x: torch.Tensor) ->
            let y = torch.nn.functional.linear (x, weight, offset)
            weights.Note (name, y, int64 inputs * int64 outputs)
            y

    /// max(x, 0) in place: what comes in is the output of a norm or a sum, which no gradient needs again.
    let relu (x: torch.Tensor) = x.relu_ ()

    /// x + y, in the memory of x, which no gradient needs again.
    let plus (y: torch.Tensor) (x: torch.Tensor) = x.add_ y
