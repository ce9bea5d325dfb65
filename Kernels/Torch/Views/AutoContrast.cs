using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>(x - min) / (max - min) of each channel, in place; a flat channel stays.</summary>
internal static class AutoContrast
{
    internal static Tensor Apply(Tensor x)
    {
        var low = x.amin([2L, 3L], true);
        var span = x.amax([2L, 3L], true).sub_(low);
        var flat = span.lt(Reference.AutoContrast.Flat);
        return x.sub_(low.masked_fill_(flat, 0)).div_(span.masked_fill_(flat, 1)).clamp_(0, 1);
    }
}
