using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Keeps some channels, the same of all images.</summary>
internal static class Select
{
    internal static Tensor Apply(Tensor x, int first, int count) => x.narrow(1, first, count).contiguous();
}
