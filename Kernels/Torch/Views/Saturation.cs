using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A x + (1 - A) grey(x), clamped, in place; of 1 channel nothing changes.</summary>
internal static class Saturation
{
    internal static Tensor Apply(Tensor x, StepTable p) => x.shape[1] == 1 ? x : Blend.With(x, p.A, Grey.Of(x));
}
