using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A x + (1 - A) m, clamped, m the mean of the image's grey, in place.</summary>
internal static class Contrast
{
    internal static Tensor Apply(Tensor x, StepTable p) => Blend.With(x, p.A, Grey.Mean(x));
}
