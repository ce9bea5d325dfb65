using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>What the colour steps share.</summary>
internal static class Blend
{
    /// <summary>factor x + (1 - factor) other, clamped to [0, 1], in place; factor n x 1 x 1 x 1, other of any shape that broadcasts. A factor of 1 is exact.</summary>
    internal static Tensor With(Tensor x, Tensor factor, Tensor other)
    {
        var rest = other.mul(factor.neg().add_(1));
        return x.mul_(factor).add_(rest).clamp_(0, 1);
    }
}
