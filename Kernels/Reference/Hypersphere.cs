using System;

namespace Vantage.Kernels.Reference;

/// <summary>Alignment and uniformity (Wang and Isola 2020, section 4.1).</summary>
public static class Hypersphere
{
    /// <summary>
    /// mean_i |a_i - b_i|^2 + lambda (U(a) + U(b)) / 2 of unit rows, U(x) = log mean_(i &lt; j) exp(-t |x_i - x_j|^2). alpha is 2.
    /// </summary>
    /// <param name="a">First views, N x d.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N, at least 2.</param>
    /// <param name="t">Sharpness of the potential; 2 in the paper.</param>
    /// <param name="lambda">Weight of uniformity; 1.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or there are fewer than 2 rows.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double t, double lambda)
    {
        var d = Batch.Width(a, b, n, 2);
        var (u, lengthA) = Similarity.Unit(a, n, true);
        var (v, lengthB) = Similarity.Unit(b, n, true);
        var (du, dv) = (new double[a.Length], new double[b.Length]);
        var loss = 0.0;
        for (var i = 0; i < u.Length; i++)
        {
            loss += (u[i] - v[i]) * (u[i] - v[i]) / n;
            du[i] = 2 * (u[i] - v[i]) / n;
            dv[i] = -du[i];
        }

        loss += Uniformity(u, n, t, lambda / 2, du) + Uniformity(v, n, t, lambda / 2, dv);
        return (loss, NtXent.ThroughLength(u, du, lengthA, 0, n, d, true), NtXent.ThroughLength(v, dv, lengthB, 0, n, d, true));
    }

    private static double Uniformity(double[] u, int n, double t, double weight, double[] du)
    {
        var d = u.Length / n;
        var w = new double[n, n];
        var sum = 0.0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var distance = 0.0;
                for (var c = 0; c < d; c++)
                {
                    distance += (u[(i * d) + c] - u[(j * d) + c]) * (u[(i * d) + c] - u[(j * d) + c]);
                }

                w[i, j] = Math.Exp(-t * distance);
                sum += w[i, j];
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                for (var c = 0; c < d; c++)
                {
                    var g = -2 * t * weight * w[i, j] / sum * (u[(i * d) + c] - u[(j * d) + c]);
                    du[(i * d) + c] += g;
                    du[(j * d) + c] -= g;
                }
            }
        }

        return weight * Math.Log(sum / (n * (n - 1) / 2.0));
    }
}
