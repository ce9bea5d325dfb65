using System;

namespace Vantage.Kernels.Reference;

/// <summary>The Kozachenko-Leonenko regularizer (Sablayrolles et al. 2019; DINOv2): embeddings kept away from their nearest neighbours.</summary>
public static class KoLeo
{
    /// <summary>What is added to a distance before its logarithm, as in DINOv2.</summary>
    public const double Floor = 1e-8;

    /// <summary>
    /// - mean_i log(|u_i - u_n(i)| + 1e-8) of unit rows, n(i) the row most similar to i; the lowest of several. Where two rows are one, their direction is none: no gradient.
    /// </summary>
    /// <param name="z">Embeddings, N x d.</param>
    /// <param name="n">Rows N, at least 2.</param>
    /// <returns>The loss, and its gradient with respect to z.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or there are fewer than 2 rows.</exception>
    public static (double Loss, double[] Z) Loss(double[] z, int n)
    {
        var d = Batch.Width(z, z, n, 2);
        var (u, length) = Similarity.Unit(z, n, true);
        var s = Similarity.Products(u, u, n, n);
        var du = new double[z.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var nearest = i == 0 ? 1 : 0;
            for (var k = 0; k < n; k++)
            {
                nearest = k != i && s[i, k] > s[i, nearest] ? k : nearest;
            }

            var squares = 0.0;
            for (var c = 0; c < d; c++)
            {
                var difference = u[(i * d) + c] - u[(nearest * d) + c];
                squares += difference * difference;
            }

            var distance = Math.Sqrt(squares);
            loss -= Math.Log(distance + Floor) / n;
            for (var c = 0; c < d && distance > 0; c++)
            {
                var slope = (u[(i * d) + c] - u[(nearest * d) + c]) / (distance * (distance + Floor) * n);
                du[(i * d) + c] -= slope;
                du[(nearest * d) + c] += slope;
            }
        }

        return (loss, NtXent.ThroughLength(u, du, length, 0, n, d, true));
    }
}
