using System;

namespace Vantage.Kernels.Reference;

/// <summary>The supervised contrastive loss as its formula reads: the meaning of <see cref="Torch.SupCon"/>.</summary>
public static class SupCon
{
    /// <summary>
    /// L = -1/M sum_i 1/|P(i)| sum_(p in P(i)) [ s_ip / t - log sum_(k != i) exp(s_ik / t) ], P(i) the other rows of i's label (Khosla et
    /// al. 2020, equation 2). Rows with empty P(i) add 0 and count in M.
    /// </summary>
    /// <returns>The loss, and its gradient with respect to z.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, there is but one row, or the temperature is not positive.</exception>
    public static (double Loss, double[] Gradient) Loss(double[] z, long[] labels, double temperature, bool normalize)
    {
        Similarity.Temperature(temperature);
        var rows = labels.Length;
        if (rows < 2)
        {
            throw new ArgumentException($"{rows} rows have no candidates; at least 2 are needed");
        }

        var (u, length) = Similarity.Unit(z, rows, normalize);
        var s = Similarity.Products(u, u, rows, rows);
        var loss = 0.0;
        var ds = new double[rows, rows];
        for (var i = 0; i < rows; i++)
        {
            var positives = 0;
            for (var k = 0; k < rows; k++)
            {
                positives += k != i && labels[k] == labels[i] ? 1 : 0;
            }

            if (positives == 0)
            {
                continue;
            }

            loss += Similarity.LogSum(s, i, temperature, k => k != i, 1.0 / rows, ds) / rows;
            for (var k = 0; k < rows; k++)
            {
                if (k != i && labels[k] == labels[i])
                {
                    loss -= s[i, k] / temperature / positives / rows;
                    ds[i, k] -= 1.0 / temperature / positives / rows;
                }
            }
        }

        return (loss, Similarity.Among(ds, u, length, normalize));
    }
}
