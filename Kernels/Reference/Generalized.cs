using System;

namespace Vantage.Kernels.Reference;

/// <summary>The generalized contrastive loss with the log-sum-exp as distribution term (Chen, Luo and Li 2021, equation 2 and table 1; generalized_contrastive_loss.ipynb).</summary>
public static class Generalized
{
    /// <summary>
    /// mean over N and d of (a - b)^2 / 2, plus lambda times the mean over the 2N rows h_i of both views of log sum_j exp(h_i.h_j / t) - log d. The row itself is among the j.
    /// </summary>
    /// <param name="a">First views, N x d.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N.</param>
    /// <param name="temperature">t, positive.</param>
    /// <param name="lambda">Weight of the distribution term.</param>
    /// <param name="normalize">Whether rows are divided by their lengths first.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double temperature, double lambda, bool normalize)
    {
        Similarity.Temperature(temperature);
        var d = Batch.Width(a, b, n, 1);
        var (u, length) = Similarity.Unit(Similarity.Both(a, b, n), 2 * n, normalize);
        var du = new double[u.Length];
        var loss = -lambda * Math.Log(d);
        for (var i = 0; i < a.Length; i++)
        {
            var difference = u[i] - u[a.Length + i];
            loss += difference * difference / (2.0 * a.Length);
            du[i] += difference / a.Length;
            du[a.Length + i] -= difference / a.Length;
        }

        var s = Similarity.Products(u, u, 2 * n, 2 * n);
        var ds = new double[2 * n, 2 * n];
        for (var i = 0; i < 2 * n; i++)
        {
            loss += lambda * Similarity.LogSum(s, i, temperature, _ => true, lambda / (2.0 * n), ds) / (2 * n);
        }

        var (left, right) = (Similarity.Left(ds, u), Similarity.Right(ds, u));
        for (var i = 0; i < du.Length; i++)
        {
            du[i] += left[i] + right[i];
        }

        return (loss, NtXent.ThroughLength(u, du, length, 0, n, d, normalize), NtXent.ThroughLength(u, du, length, n, n, d, normalize));
    }
}
