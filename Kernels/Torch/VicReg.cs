using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>VICReg on any device, with a hand-written gradient; see <see cref="Reference.VicReg"/> for the formula and its variants.</summary>
public static class VicReg
{
    /// <summary>The loss of two views, a scalar. Memory is N d and d^2.</summary>
    /// <param name="a">First views, N x d, float32 or float64, N at least 2.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="invariance">Weight of the mean squared difference; 25 in the paper.</param>
    /// <param name="variance">Weight of the hinge on deviations below 1; 25.</param>
    /// <param name="covariance">Weight of the squared covariances; 1.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, there are fewer than 2 rows, or a weight is negative or not finite.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double invariance, double variance, double covariance)
    {
        Embeddings.Statistics(a, b);
        Embeddings.Weight(invariance, nameof(invariance));
        Embeddings.Weight(variance, nameof(variance));
        Embeddings.Weight(covariance, nameof(covariance));
        return WithGradient.Of(
            inputs =>
            {
                var difference = inputs[0].sub(inputs[1]);
                var pull = difference.mul(2 * invariance / difference.numel());
                var (lossA, spreadA) = Spread(inputs[0], variance / 2, covariance);
                var (lossB, spreadB) = Spread(inputs[1], variance / 2, covariance);
                var loss = difference.square().mean().mul_(invariance).add_(lossA).add_(lossB);
                return (loss, [spreadA.add_(pull), spreadB.sub_(pull)]);
            },
            a,
            b);
    }

    private static (Tensor Loss, Tensor Gradient) Spread(Tensor z, double variance, double covariance)
    {
        var (n, d) = (z.shape[0], z.shape[1]);
        var centred = z.sub(z.mean([0L], true));
        var cov = centred.t().mm(centred).div_(n - 1);
        var deviation = cov.diagonal().add(Reference.VicReg.Epsilon).sqrt();
        var hinge = deviation.neg().add_(1).clamp_min_(0);
        var off = cov.mul(eye(d, dtype: z.dtype, device: z.device).neg().add_(1));
        var loss = hinge.mean().mul_(variance).add_(off.square().sum().mul_(covariance / d));
        var shrink = hinge.gt(0).to_type(z.dtype).div_(deviation).mul_(-variance / (d * (n - 1.0)));
        return (loss, centred.mm(off).mul_(4 * covariance / (d * (n - 1.0))).add_(centred.mul(shrink)));
    }
}
