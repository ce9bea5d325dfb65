using System;

namespace Vantage.Kernels.Reference;

/// <summary>Barlow Twins (Zbontar et al. 2021, equation 1; facebookresearch/barlowtwins, main.py).</summary>
public static class BarlowTwins
{
    /// <summary>Added to the variance, as the batch norm of the official code does.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>
    /// sum_i (C_ii - 1)^2 + lambda sum_(i != j) C_ij^2, C = A^T B / N the cross-correlation of the two views, each column standardized over the batch by its mean
    /// and biased variance. The paper's pseudo-code divides by the unbiased deviation, so that C_ii peaks at (N - 1) / N: `unbiased`, to whose variance the same is added.
    /// </summary>
    /// <param name="a">First views, N x d.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N, at least 2.</param>
    /// <param name="lambda">Weight of the redundancy term; no unit.</param>
    /// <param name="unbiased">Whether variances are sums over N - 1.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or there are fewer than 2 rows.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double lambda, bool unbiased = false)
    {
        var d = Batch.Width(a, b, n, 2);
        var divisor = unbiased ? n - 1 : n;
        var (x, sx) = Standardized(a, n, divisor);
        var (y, sy) = Standardized(b, n, divisor);
        var (dx, dy) = (new double[a.Length], new double[b.Length]);
        var loss = 0.0;
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < d; j++)
            {
                var c = 0.0;
                for (var r = 0; r < n; r++)
                {
                    c += x[(r * d) + i] * y[(r * d) + j] / n;
                }

                var off = i == j ? c - 1 : c;
                var weight = i == j ? 1 : lambda;
                loss += weight * off * off;
                for (var r = 0; r < n; r++)
                {
                    dx[(r * d) + i] += 2 * weight * off * y[(r * d) + j] / n;
                    dy[(r * d) + j] += 2 * weight * off * x[(r * d) + i] / n;
                }
            }
        }

        return (loss, Back(x, sx, dx, n, divisor), Back(y, sy, dy, n, divisor));
    }

    private static (double[] X, double[] Deviation) Standardized(double[] z, int n, int divisor)
    {
        var means = Batch.Means(z, n);
        var deviation = Array.ConvertAll(Batch.Variances(z, means, n), v => Math.Sqrt((v * n / divisor) + Epsilon));
        var x = new double[z.Length];
        for (var i = 0; i < z.Length; i++)
        {
            x[i] = (z[i] - means[i % means.Length]) / deviation[i % means.Length];
        }

        return (x, deviation);
    }

    /// <summary>The gradient with respect to z of a loss with gradient g with respect to x = (z - mean) / deviation.</summary>
    private static double[] Back(double[] x, double[] deviation, double[] g, int n, int divisor)
    {
        var d = deviation.Length;
        var mean = Batch.Means(g, n);
        var along = new double[d];
        for (var i = 0; i < x.Length; i++)
        {
            along[i % d] += g[i] * x[i] / divisor;
        }

        var dz = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            dz[i] = (g[i] - mean[i % d] - (x[i] * along[i % d])) / deviation[i % d];
        }

        return dz;
    }
}
