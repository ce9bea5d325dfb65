using System;

namespace Vantage.Kernels.Reference;

/// <summary>InfoNCE over given candidates as its formula reads: the meaning of <see cref="Torch.InfoNce"/>.</summary>
public static class InfoNce
{
    /// <summary>
    /// L = 1/A sum_i [ log sum_k exp(s_ik / t) - s_(i, own(i)) / t ] over all candidates k (van den Oord et al. 2018, equation 4). MoCo v3
    /// is this times 2 t with own(i) = i; a memory bank's softmax and CPC's patches are this as it stands.
    /// </summary>
    /// <param name="x">Anchors, A x d.</param>
    /// <param name="y">Candidates, B x d.</param>
    /// <param name="own">For each anchor the index of its positive.</param>
    /// <param name="temperature">t, positive.</param>
    /// <param name="normalize">Whether anchors and candidates are divided by their lengths.</param>
    /// <returns>The loss, and its gradients with respect to x and y.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] X, double[] Y) Loss(double[] x, double[] y, int[] own, double temperature, bool normalize)
    {
        Similarity.Temperature(temperature);
        var (u, lengths) = Similarity.Unit(x, own.Length, normalize);
        var d = x.Length / own.Length;
        var columns = y.Length / d;
        var (v, others) = Similarity.Unit(y, columns, normalize);
        var s = Similarity.Products(u, v, own.Length, columns);
        var ds = new double[own.Length, columns];
        var loss = 0.0;
        for (var i = 0; i < own.Length; i++)
        {
            loss += Similarity.LogSum(s, i, temperature, _ => true, 1.0 / own.Length, ds) / own.Length;
            loss -= s[i, own[i]] / temperature / own.Length;
            ds[i, own[i]] -= 1.0 / temperature / own.Length;
        }

        return (loss,
            NtXent.ThroughLength(u, Similarity.Left(ds, v), lengths, 0, own.Length, d, normalize),
            NtXent.ThroughLength(v, Similarity.Right(ds, u), others, 0, columns, d, normalize));
    }

    /// <summary>
    /// MoCo (He et al. 2020, equation 1): candidates of query i are its own key and the rows of the queue; the loss, and its gradient with
    /// respect to the queries alone.
    /// </summary>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Queries) Queue(
        double[] queries, double[] keys, double[] queue, int n, double temperature, bool normalize)
    {
        Similarity.Temperature(temperature);
        var (u, lengths) = Similarity.Unit(queries, n, normalize);
        var d = queries.Length / n;
        double[] candidates = [.. keys, .. queue];
        var (v, _) = Similarity.Unit(candidates, candidates.Length / d, normalize);
        var s = Similarity.Products(u, v, n, candidates.Length / d);
        var ds = new double[n, candidates.Length / d];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            loss += Similarity.LogSum(s, i, temperature, k => k == i || k >= n, 1.0 / n, ds) / n;
            loss -= s[i, i] / temperature / n;
            ds[i, i] -= 1.0 / temperature / n;
        }

        return (loss, NtXent.ThroughLength(u, Similarity.Left(ds, v), lengths, 0, n, d, normalize));
    }
}
