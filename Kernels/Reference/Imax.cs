using System;

namespace Vantage.Kernels.Reference;

/// <summary>The information that two modules share under a Gaussian model (Becker and Hinton 1992): IMAX, in the form where the signal is the average of both.</summary>
public static class Imax
{
    /// <summary>
    /// -1/2 (log det (Cov(a + b) + epsilon I) - log det (Cov(a - b) + epsilon I)), covariances over the batch divided by N. With one value, -1/2 log ((V(a+b) + e) / (V(a-b) + e)).
    /// The least value is -1/2 log det (Cov(2a) / epsilon + I): epsilon sets the ceiling.
    /// </summary>
    /// <param name="a">First views, N x d.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N, at least 2.</param>
    /// <param name="epsilon">Variance of noise, positive.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, there are fewer than 2 rows, or epsilon is not positive.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double epsilon)
    {
        Batch.Width(a, b, n, 2);
        if (!(epsilon > 0))
        {
            throw new ArgumentException($"epsilon is {epsilon}: the variance of the noise is positive, else agreement costs minus infinity");
        }

        var (sum, difference) = (new double[a.Length], new double[a.Length]);
        for (var i = 0; i < a.Length; i++)
        {
            sum[i] = a[i] + b[i];
            difference[i] = a[i] - b[i];
        }

        var (together, ds) = HalfLogDet(sum, n, epsilon);
        var (apart, dd) = HalfLogDet(difference, n, epsilon);
        var (da, db) = (new double[a.Length], new double[a.Length]);
        for (var i = 0; i < a.Length; i++)
        {
            da[i] = dd[i] - ds[i];
            db[i] = -dd[i] - ds[i];
        }

        return (apart - together, da, db);
    }

    // 1/2 log det (Cov + epsilon I), and its gradient X_c (Cov + epsilon I)^-1 / N, by Gauss and Jordan.
    private static (double Value, double[] Gradient) HalfLogDet(double[] x, int n, double epsilon)
    {
        var d = x.Length / n;
        var means = Batch.Means(x, n);
        var m = new double[d, 2 * d];
        for (var r = 0; r < d; r++)
        {
            m[r, d + r] = 1;
            m[r, r] = epsilon;
            for (var c = 0; c < d; c++)
            {
                for (var i = 0; i < n; i++)
                {
                    m[r, c] += (x[(i * d) + r] - means[r]) * (x[(i * d) + c] - means[c]) / n;
                }
            }
        }

        var value = 0.0;
        for (var p = 0; p < d; p++)
        {
            var pivot = m[p, p]; // positive: the matrix is positive definite
            value += Math.Log(pivot) / 2;
            for (var c = 0; c < 2 * d; c++)
            {
                m[p, c] /= pivot;
            }

            for (var r = 0; r < d; r++)
            {
                var factor = m[r, p];
                for (var c = 0; c < 2 * d && r != p; c++)
                {
                    m[r, c] -= factor * m[p, c];
                }
            }
        }

        var gradient = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            for (var c = 0; c < d; c++)
            {
                gradient[i] += (x[(i / d * d) + c] - means[c]) * m[c, d + (i % d)] / n;
            }
        }

        return (value, gradient);
    }
}
