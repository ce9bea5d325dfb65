using System;

namespace Vantage.Kernels.Reference;

/// <summary>VICReg (Bardes et al. 2022, equation 6; facebookresearch/vicreg, main_vicreg.py).</summary>
public static class VicReg
{
    /// <summary>Added to the variance inside its square root.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>
    /// i inv + v var + c cov. inv: the mean over N and d of (a - b)^2. var: the mean over the two views of mean_j max(0, 1 - sqrt(Var_j + 1e-4)), Var unbiased. cov: the
    /// sum over the two views of sum_(i != j) Cov_ij^2 / d, Cov unbiased. The paper's equation for inv is d times larger, its pseudo-code for var twice; both
    /// are choices of the weights.
    /// </summary>
    /// <param name="a">First views, N x d.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N, at least 2.</param>
    /// <param name="invariance">Weight i; 25 in the paper.</param>
    /// <param name="variance">Weight v; 25.</param>
    /// <param name="covariance">Weight c; 1.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or there are fewer than 2 rows.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double invariance, double variance, double covariance)
    {
        Batch.Width(a, b, n, 2);
        var (da, db) = (new double[a.Length], new double[b.Length]);
        var loss = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            loss += invariance * (a[i] - b[i]) * (a[i] - b[i]) / a.Length;
            da[i] = 2 * invariance * (a[i] - b[i]) / a.Length;
            db[i] = -da[i];
        }

        return (loss + Spread(a, n, variance / 2, covariance, da) + Spread(b, n, variance / 2, covariance, db), da, db);
    }

    private static double Spread(double[] z, int n, double variance, double covariance, double[] dz)
    {
        var d = z.Length / n;
        var means = Batch.Means(z, n);
        var variances = Batch.Variances(z, means, n - 1);
        var loss = 0.0;
        for (var j = 0; j < d; j++)
        {
            var deviation = Math.Sqrt(variances[j] + Epsilon);
            loss += variance * Math.Max(0, 1 - deviation) / d;
            for (var r = 0; r < n && deviation < 1; r++)
            {
                dz[(r * d) + j] -= variance / d * (z[(r * d) + j] - means[j]) / (deviation * (n - 1));
            }

            for (var i = 0; i < d; i++)
            {
                var c = 0.0;
                for (var r = 0; r < n && i != j; r++)
                {
                    c += (z[(r * d) + i] - means[i]) * (z[(r * d) + j] - means[j]) / (n - 1);
                }

                loss += covariance * c * c / d;
                for (var r = 0; r < n; r++)
                {
                    dz[(r * d) + i] += 2 * covariance * c * (z[(r * d) + j] - means[j]) / (d * (n - 1));
                    dz[(r * d) + j] += 2 * covariance * c * (z[(r * d) + i] - means[i]) / (d * (n - 1));
                }
            }
        }

        return loss;
    }
}
