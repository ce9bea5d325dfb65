using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Mirrors top and bottom.</summary>
internal static class FlipVertical
{
    internal static Tensor Apply(Tensor x) => Mirror.Rows(x);
}
