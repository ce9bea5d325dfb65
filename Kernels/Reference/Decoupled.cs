using System;

namespace Vantage.Kernels.Reference;

/// <summary>DCL and DCLW as their formulas read: the meaning of <see cref="Torch.Decoupled"/>.</summary>
public static class Decoupled
{
    /// <summary>
    /// L = 1/(2N) sum_i [ log sum_(k not i, k not j(i)) exp(s_ik / t) - w_i s_(i, j(i)) / t ] over the 2N rows of a and b (Yeh et al. 2022,
    /// section 3). w = 1 without sigma; else w_i = 2 - N softmax_i(s_i / sigma) over the N positives, itself without gradient.
    /// </summary>
    /// <returns>The loss, and its gradient with respect to a above b, 2N x d.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, there is but one pair, or a temperature is not positive.</exception>
    public static (double Loss, double[] Gradient) Loss(double[] a, double[] b, int n, double temperature, double? sigma, bool normalize)
    {
        Similarity.Temperature(temperature);
        Similarity.Temperature(sigma ?? 1);
        if (n < 2)
        {
            throw new ArgumentException($"{n} pairs have no negatives; at least 2 are needed");
        }

        var rows = 2 * n;
        var (u, length) = Similarity.Unit(Similarity.Both(a, b, n), rows, normalize);
        var s = Similarity.Products(u, u, rows, rows);
        var max = double.NegativeInfinity;
        for (var i = 0; i < n; i++)
        {
            max = Math.Max(max, s[i, i + n]);
        }

        var sum = 0.0;
        for (var i = 0; i < n && sigma is not null; i++)
        {
            sum += Math.Exp((s[i, i + n] - max) / sigma.Value);
        }

        var loss = 0.0;
        var ds = new double[rows, rows];
        for (var i = 0; i < rows; i++)
        {
            var other = (i + n) % rows;
            var weight = sigma is null ? 1.0 : 2 - (n * Math.Exp((s[i, other] - max) / sigma.Value) / sum);
            loss += Similarity.LogSum(s, i, temperature, k => k != i && k != other, 1.0 / rows, ds) / rows;
            loss -= weight * s[i, other] / temperature / rows;
            ds[i, other] -= weight / temperature / rows;
        }

        return (loss, Similarity.Among(ds, u, length, normalize));
    }
}
