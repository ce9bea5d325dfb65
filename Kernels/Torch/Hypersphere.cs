using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Alignment and uniformity on any device, with a hand-written gradient; see <see cref="Reference.Hypersphere"/> for the formula. The N x N potentials are walked in
/// tiles of rows and never stored.
/// </summary>
public static class Hypersphere
{
    /// <summary>The loss of two views, a scalar.</summary>
    /// <param name="a">First views, N x d, float32 or float64, N at least 2.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="t">Sharpness of the potential; 2 in the paper.</param>
    /// <param name="lambda">Weight of uniformity; 1.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, there are fewer than 2 rows, t is not positive, or lambda is negative or not finite.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double t, double lambda) => Loss(a, b, t, lambda, 0);

    /// <summary>The loss with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double t, double lambda, int tileRows)
    {
        Embeddings.Statistics(a, b);
        Embeddings.Temperature(t);
        Embeddings.Weight(lambda, nameof(lambda));
        return WithGradient.Of(
            inputs =>
            {
                var (lengthA, lengthB) = (Embeddings.Lengths(inputs[0]), Embeddings.Lengths(inputs[1]));
                var (u, v) = (inputs[0].div(lengthA), inputs[1].div(lengthB));
                var difference = u.sub(v);
                var pull = difference.mul(2.0 / u.shape[0]);
                var (lossA, pushA) = Uniformity(u, t, lambda / 2, tileRows);
                var (lossB, pushB) = Uniformity(v, t, lambda / 2, tileRows);
                var loss = difference.square().sum().div_(u.shape[0]).add_(lossA).add_(lossB);
                return (loss, [Embeddings.ThroughLength(u, pushA.add_(pull), lengthA), Embeddings.ThroughLength(v, pushB.sub_(pull), lengthB)]);
            },
            a,
            b);
    }

    private static (Tensor Loss, Tensor Gradient) Uniformity(Tensor u, double t, double weight, int tileRows)
    {
        var n = u.shape[0];
        var sum = zeros(1, u.dtype, u.device);
        var push = zeros_like(u);
        LogSumExp.Tiles(n, LogSumExp.Rows(tileRows, n), (start, count) =>
        {
            // |x - y|^2 = 2 - 2 x.y of unit rows; a row of zeros has length 0, and its squares say so.
            var rows = u.narrow(0, start, count);
            var squares = u.square().sum(1);
            var w = rows.mm(u.t()).mul_(-2).add_(squares).add_(rows.square().sum(1, true)).mul_(-t).exp_();
            w.diagonal(start).narrow(0, 0, count).fill_(0);
            sum.add_(w.sum());
            push.narrow(0, start, count).copy_(rows.mul(w.sum(1, true)).sub_(w.mm(u)));
        });

        // Each pair was met twice; the mean is over n (n - 1) / 2 of them.
        var gradient = push.mul_(-4 * t * weight).div_(sum);
        return (sum.div(n * (n - 1.0)).log_().mul_(weight).squeeze(0), gradient);
    }
}
