using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Histogram equalization of each channel rounded to bytes; the formula is <see cref="Operation.Equalize"/>'s, in whole numbers.</summary>
internal static class Equalize
{
    internal static Tensor Apply(Tensor x)
    {
        var (n, channels, pixels) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3]);
        var bytes = Bytes.Of(x).to_type(ScalarType.Int64).reshape(n, channels, pixels);
        var levels = arange(256, ScalarType.Int64, x.device);
        var histogram = zeros([n, channels, 256], ScalarType.Int64, x.device).scatter_add_(2, bytes, ones_like(bytes));
        var last = histogram.gt(0).to_type(ScalarType.Int64).mul_(levels).amax([2L], true);
        var step = histogram.gather(2, last).neg_().add_(pixels).div_(255, RoundingMode.floor);
        var below = histogram.cumsum(2).sub_(histogram);
        var half = step.div(2, RoundingMode.floor);
        var table = below.add_(half).div_(step.clamp_min(1), RoundingMode.floor).clamp_max_(255);
        table.narrow(2, 0, 1).zero_();
        table.masked_fill_(step.eq(0), 0).add_(levels.mul(step.eq(0)));
        return table.gather(2, bytes).to_type(ScalarType.Float32).div_(255).reshape(x.shape);
    }
}
