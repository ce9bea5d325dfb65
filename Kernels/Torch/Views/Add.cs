using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>x + A, clamped to [0, 1], in place.</summary>
internal static class Add
{
    internal static Tensor Apply(Tensor x, StepTable p) => x.add_(p.A).clamp_(0, 1);
}
