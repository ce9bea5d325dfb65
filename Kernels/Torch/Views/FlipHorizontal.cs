using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Mirrors left and right.</summary>
internal static class FlipHorizontal
{
    internal static Tensor Apply(Tensor x) => Mirror.Last(x);
}
