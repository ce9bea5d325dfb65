using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>1 - x, in place.</summary>
internal static class Invert
{
    internal static Tensor Apply(Tensor x) => x.neg_().add_(1);
}
