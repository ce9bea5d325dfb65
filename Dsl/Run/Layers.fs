namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Layers as functions from tensor to tensor. Widths are `int` in the language and `int64` here only.
module Layers =
    let private momentum = 0.1
    let private epsilon = 1e-5

    /// Images n x c x h x w in the order n, h, w, c in memory, which libtorch's CPU convolutions prefer.
    let channelsLast (x: torch.Tensor) =
        // Of one channel both orders are the same memory, and only the strides tell libtorch which is meant: a view makes them anew.
        let rows =
            if x.shape[1] = 1L then
                x.contiguous().view(x.shape[0], x.shape[2], x.shape[3], 1L)
            else
                x.permute(0L, 2L, 3L, 1L).contiguous()
        rows.permute (0L, 3L, 1L, 2L)

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
            let y = Torch.Convolution.Of (x, weight, stride, padding)
            weights.Note (name, y, y.numel () / y.shape[0] * int64 (inputs * kernel * kernel))
            y

    /// A convolution over squares of twice the patch's side, a patch apart, half a patch beyond the edges, as one product of rows of pixels: images have few channels,
    /// which convolutions waste.
    let overlapping (weights: Weights) name inputs outputs patch =
        let side = 2 * patch
        let deviation = sqrt (2.0 / float (outputs * side * side))
        let size = [| int64 outputs; int64 inputs; int64 side; int64 side |]
        let weight =
            weights.Parameter (
                $"{name}.weight",
                fun g -> torch.randn(size, generator = g).mul_(Scope.number deviation)
            )
        fun (x: torch.Tensor) ->
            let half, step, window = int64 (patch / 2), int64 patch, int64 side
            let padded = torch.nn.functional.pad (x, [| half; half; half; half |])
            let squares = padded.unfold(2L, window, step).unfold(3L, window, step)
            let n, h, w = squares.shape[0], squares.shape[2], squares.shape[3]
            let rows =
                squares.permute(0L, 2L, 3L, 1L, 4L, 5L).reshape(n * h * w, int64 (inputs * side * side))
            let matrix = (weight.to_type weights.Compute).flatten(1L)
            let y = rows.mm(matrix.t ()).view(n, h, w, int64 outputs).permute(0L, 3L, 1L, 2L)
            weights.Note (name, y, y.numel () / n * int64 (inputs * side * side))
            y

    // Over all values of each image's maps, or of each row, in float32; the scale and offset of a channel (group norm of one group).
    let private overImage (weights: Weights) name width (start: float) =
        let size = [| int64 width |]
        let scale = weights.Parameter ($"{name}.weight", fun _ -> torch.full (size, Scope.number start))
        let offset = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros size)
        fun (x: torch.Tensor) ->
            torch.nn.functional.group_norm(x.to_type torch.float32, 1L, scale, offset, epsilon).to_type
                x.dtype

    // The learnt and the running numbers of a batch norm.
    let private norm (start: float) (weights: Weights) name width scaled shifted =
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
        scale, offset, mean, variance

    let private overBatch start (weights: Weights) name width scaled shifted =
        let scale, offset, mean, variance = norm start weights name width scaled shifted
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

    // Batch norm, or layer norm over each image where the weights say so; then an addition and max(0, .), where asked for.
    let private normed start positive (weights: Weights) name width =
        if weights.LayerNorms then
            let norm = overImage weights name width start
            fun (beside: torch.Tensor option) (x: torch.Tensor) ->
                let y = norm x
                let y = beside |> Option.fold (fun (y: torch.Tensor) -> y.add_) y
                if positive then y.relu_ () else y
        else
            let scale, offset, mean, variance = norm start weights name width true true
            fun beside x ->
                if weights.Training then
                    let beside = Option.toObj beside
                    let following = weights.Following
                    Torch.BatchNorm.Of (x, beside, scale, offset, mean, variance, following, positive)
                else
                    let y =
                        torch.nn.functional.batch_norm (
                            x,
                            mean,
                            variance,
                            scale,
                            offset,
                            false,
                            momentum,
                            epsilon
                        )
                    let y = beside |> Option.fold (fun (y: torch.Tensor) -> y.add_) y
                    if positive then y.relu_ () else y

    /// The norm of a residual network.
    let batchNorm weights name width = normed 1.0 false weights name width None

    /// The same, then max(x, 0).
    let batchNormRelu weights name width = normed 1.0 true weights name width None

    /// The last norm of a block, whose scale starts at this value; then the sum with what went beside the block, and max(x, 0).
    let batchNormPlusRelu start weights name width =
        let through = normed start true weights name width
        fun beside x -> through (Some beside) x

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
