using System;

namespace Vantage.Kernels.Reference;

/// <summary>NT-Logistic as its formula reads: the meaning of <see cref="Torch.NtLogistic"/>.</summary>
public static class NtLogistic
{
    /// <summary>
    /// Over 2N anchors i with positive j(i) and the other 2N - 2 rows as negatives: mean_i softplus(-s_(i, j(i)) / t) +
    /// mean_ik softplus(s_ik / t) (Chen et al. 2020, table 2). Semi-hard: mean_i [ softplus(-s+ / t) + softplus(s- / t) ] with s- the
    /// largest negative below s+, 0 where there is none.
    /// </summary>
    /// <returns>The loss, and its gradient with respect to a above b, 2N x d.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, there is but one pair, or the temperature is not positive.</exception>
    public static (double Loss, double[] Gradient) Loss(double[] a, double[] b, int n, double temperature, bool semiHard, bool normalize)
    {
        Similarity.Temperature(temperature);
        if (n < 2)
        {
            throw new ArgumentException($"{n} pairs have no negatives; at least 2 are needed");
        }

        var rows = 2 * n;
        var (u, length) = Similarity.Unit(Similarity.Both(a, b, n), rows, normalize);
        var s = Similarity.Products(u, u, rows, rows);
        var ds = new double[rows, rows];
        var loss = 0.0;
        for (var i = 0; i < rows; i++)
        {
            var other = (i + n) % rows;
            var nearest = semiHard ? MarginTriplet.Nearest(s, i, other, double.NegativeInfinity) : -1;
            if (!semiHard || nearest >= 0)
            {
                loss += Similarity.Softplus(-s[i, other] / temperature) / rows;
                ds[i, other] -= Similarity.Sigmoid(-s[i, other] / temperature) / temperature / rows;
            }

            for (var k = 0; k < rows; k++)
            {
                if (semiHard ? k == nearest : k != i && k != other)
                {
                    var share = semiHard ? rows : (double)rows * (rows - 2);
                    loss += Similarity.Softplus(s[i, k] / temperature) / share;
                    ds[i, k] += Similarity.Sigmoid(s[i, k] / temperature) / temperature / share;
                }
            }
        }

        return (loss, Similarity.Among(ds, u, length, normalize));
    }
}
