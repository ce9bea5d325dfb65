using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A x + (1 - A) m, clamped, m the mean of each channel, in place.</summary>
internal static class ContrastByChannel
{
    internal static Tensor Apply(Tensor x, StepTable p) => Blend.With(x, p.A, x.mean([2L, 3L], true));
}
