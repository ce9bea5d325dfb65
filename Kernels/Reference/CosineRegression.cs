using System;

namespace Vantage.Kernels.Reference;

/// <summary>Regression of unit vectors: BYOL (Grill et al. 2020, equation 2) and, shifted, SimSiam (Chen and He 2021, equation 1).</summary>
public static class CosineRegression
{
    /// <summary>
    /// The mean over N of 2 - 2 cos(p_i, z_i). SimSiam's D = -cos is this over 2, less 1. The target z is a constant: its branch is stopped.
    /// </summary>
    /// <param name="p">Predictions, N x d.</param>
    /// <param name="z">Targets, N x d.</param>
    /// <param name="n">Images N.</param>
    /// <returns>The loss, and its gradient with respect to p.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] P) Loss(double[] p, double[] z, int n)
    {
        var d = Batch.Width(p, z, n, 1);
        var (u, length) = Similarity.Unit(p, n, true);
        var (v, _) = Similarity.Unit(z, n, true);
        var du = new double[p.Length];
        var loss = 0.0;
        for (var i = 0; i < p.Length; i++)
        {
            loss -= 2 * u[i] * v[i] / n;
            du[i] = -2 * v[i] / n;
        }

        return (loss + 2, NtXent.ThroughLength(u, du, length, 0, n, d, true));
    }
}
