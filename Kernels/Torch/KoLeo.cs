using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The Kozachenko-Leonenko regularizer on any device, with a hand-written gradient; see <see cref="Reference.KoLeo"/> for the formula. Similarities are walked in tiles of
/// rows and never stored.
/// </summary>
public static class KoLeo
{
    /// <summary>The regularizer of embeddings, a scalar; it can be negative.</summary>
    /// <param name="z">Embeddings, N x d, float32 or float64, N at least 2.</param>
    /// <exception cref="ArgumentException">The shape or type does not fit, or there are fewer than 2 rows.</exception>
    public static Tensor Loss(Tensor z) => Loss(z, 0);

    /// <summary>The same with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor z, int tileRows)
    {
        Embeddings.Statistics(z, z);
        return WithGradient.Of(
            inputs =>
            {
                var lengths = Embeddings.Lengths(inputs[0]);
                var u = inputs[0].div(lengths);
                var n = u.shape[0];
                var nearest = zeros(n, int64, u.device);
                LogSumExp.Tiles(n, LogSumExp.Rows(tileRows, n), (start, count) =>
                {
                    var s = u.narrow(0, start, count).mm(u.t());
                    s.diagonal(start).narrow(0, 0, count).fill_(-2); // below every cosine
                    nearest.narrow(0, start, count).copy_(s.argmax(1));
                });
                var difference = u.sub(Embeddings.At(u, nearest));
                var distance = difference.square().sum(1, true).sqrt_();
                var far = distance.add(Reference.KoLeo.Floor);
                var direction = difference.div_(distance.clamp_min(Reference.NtXent.Floor)); // a difference of 0 stays 0
                var slope = direction.div_(far).div_(n);
                var du = slope.neg().index_add_(0, nearest, slope, 1);
                return (far.log().mean().neg_(), [Embeddings.ThroughLength(u, du, lengths)]);
            },
            z);
    }
}
