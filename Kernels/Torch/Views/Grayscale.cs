using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>The grey in every channel, in place; of 1 channel nothing changes.</summary>
internal static class Grayscale
{
    internal static Tensor Apply(Tensor x) => x.shape[1] == 1 ? x : x.copy_(Grey.Of(x));
}
