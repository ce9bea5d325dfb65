using System;

namespace Vantage.Kernels.Reference;

/// <summary>The margin triplet loss as its formula reads: the meaning of <see cref="Torch.MarginTriplet"/>.</summary>
public static class MarginTriplet
{
    /// <summary>
    /// Over 2N anchors i with positive j(i) and the other 2N - 2 rows as negatives: mean_ik max(0, s_ik - s_(i, j(i)) + m). Semi-hard: the
    /// mean over anchors of the same for the largest s_ik in (s+ - m, s+) alone, 0 where there is none (Schroff et al. 2015; Chen et
    /// al. 2020, section 5.1).
    /// </summary>
    /// <returns>The loss, and its gradient with respect to a above b, 2N x d.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, there is but one pair, or the margin is not positive.</exception>
    public static (double Loss, double[] Gradient) Loss(double[] a, double[] b, int n, double margin, bool semiHard, bool normalize)
    {
        if (n < 2 || !(margin > 0))
        {
            throw new ArgumentException($"{n} pairs and a margin of {margin}: at least 2 pairs and a positive margin are needed");
        }

        var rows = 2 * n;
        var (u, length) = Similarity.Unit(Similarity.Both(a, b, n), rows, normalize);
        var s = Similarity.Products(u, u, rows, rows);
        var ds = new double[rows, rows];
        var loss = 0.0;
        for (var i = 0; i < rows; i++)
        {
            var other = (i + n) % rows;
            var nearest = semiHard ? Nearest(s, i, other, s[i, other] - margin) : -1;
            for (var k = 0; k < rows; k++)
            {
                var hinge = s[i, k] - s[i, other] + margin;
                if ((semiHard ? k == nearest : k != i && k != other) && hinge > 0)
                {
                    var share = semiHard ? rows : (double)rows * (rows - 2);
                    loss += hinge / share;
                    ds[i, k] += 1 / share;
                    ds[i, other] -= 1 / share;
                }
            }
        }

        return (loss, Similarity.Among(ds, u, length, normalize));
    }

    /// <summary>The negative of i with the largest similarity in (low, similarity of the positive), or -1.</summary>
    internal static int Nearest(double[,] s, int i, int other, double low)
    {
        var nearest = -1;
        for (var k = 0; k < s.GetLength(1); k++)
        {
            if (k != i && k != other && s[i, k] < s[i, other] && s[i, k] > low && (nearest < 0 || s[i, k] > s[i, nearest]))
            {
                nearest = k;
            }
        }

        return nearest;
    }
}
