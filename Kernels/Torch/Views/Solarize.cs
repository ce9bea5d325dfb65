using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>1 - x where x >= A.</summary>
internal static class Solarize
{
    internal static Tensor Apply(Tensor x, StepTable p) => Choose.Of(x.ge(p.A), x.neg().add_(1), x);
}
