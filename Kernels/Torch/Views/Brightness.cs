using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>min(1, A x), in place. A 0 or more.</summary>
internal static class Brightness
{
    internal static Tensor Apply(Tensor x, StepTable p) => x.mul_(p.A).clamp_max_(1);
}
