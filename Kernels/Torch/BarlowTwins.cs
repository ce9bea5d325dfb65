using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Barlow Twins on any device, with a hand-written gradient; see <see cref="Reference.BarlowTwins"/> for the formula.</summary>
public static class BarlowTwins
{
    /// <summary>The loss of two views, a scalar. Memory is N d and d^2.</summary>
    /// <param name="a">First views, N x d, float32 or float64, N at least 2.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="lambda">Weight of the redundancy term; 0.0051 in the official code.</param>
    /// <param name="unbiased">Whether variances are sums over N - 1, as in the paper's pseudo-code, in place of N.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, there are fewer than 2 rows, or lambda is negative or not finite.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double lambda, bool unbiased = false)
    {
        Embeddings.Statistics(a, b);
        Embeddings.Weight(lambda, nameof(lambda));
        return WithGradient.Of(inputs => Both(inputs[0], inputs[1], lambda, unbiased ? a.shape[0] - 1 : a.shape[0]), a, b);
    }

    private static (Tensor Loss, Tensor[] Gradients) Both(Tensor a, Tensor b, double lambda, long divisor)
    {
        var n = a.shape[0];
        var (x, sx) = Standardized(a, divisor);
        var (y, sy) = Standardized(b, divisor);
        var one = eye(a.shape[1], dtype: a.dtype, device: a.device);
        var off = x.t().mm(y).div_(n).sub_(one);
        var weighted = off.mul(one.mul(1 - lambda).add_(lambda));
        var loss = off.mul(weighted).sum();
        var slope = weighted.mul_(2.0 / n);
        return (loss, [Back(x, sx, y.mm(slope.t()), divisor), Back(y, sy, x.mm(slope), divisor)]);
    }

    private static (Tensor X, Tensor Deviation) Standardized(Tensor z, long divisor)
    {
        var centred = z.sub(z.mean([0L], true));
        var deviation = centred.square().sum(0, true).div_(divisor).add_(Reference.BarlowTwins.Epsilon).sqrt_();
        return (centred.div_(deviation), deviation);
    }

    private static Tensor Back(Tensor x, Tensor deviation, Tensor g, long divisor) =>
        g.sub(g.mean([0L], true)).sub_(x.mul(g.mul(x).sum(0, true).div_(divisor))).div_(deviation);
}
