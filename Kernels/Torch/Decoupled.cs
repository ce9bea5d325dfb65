using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Decoupled contrastive learning (Yeh et al. 2022, section 3): NT-Xent without the positive in the denominator, so that easy pairs do not
/// silence their gradient. In O(N d) memory by <see cref="LogSumExp"/>; <see cref="Reference.Decoupled"/> has the formula.
/// </summary>
public static class Decoupled
{
    /// <summary>DCL of N pairs, N x d each, a scalar; it can be negative. No unit of temperature.</summary>
    /// <exception cref="ArgumentException">Shapes or types differ, there is but one pair (nothing is left of the denominator), or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize) => Loss(a, b, temperature, normalize, null, 0);

    /// <summary>
    /// DCLW: the positive of pair i weighs w_i = 2 - N softmax_i(s_i / sigma) over the batch's positives, weights without gradient.
    /// </summary>
    /// <exception cref="ArgumentException">As for DCL, or sigma is not positive.</exception>
    public static Tensor Weighted(Tensor a, Tensor b, double temperature, double sigma, bool normalize)
    {
        Embeddings.Temperature(sigma);
        return Loss(a, b, temperature, normalize, sigma, 0);
    }

    /// <summary>Either, by tensors with a chosen number of rows a tile, for tests; sigma null for DCL.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize, double? sigma, int tileRows)
    {
        Embeddings.Check(a, b, temperature);
        var n = a.shape[0];
        if (n < 2)
        {
            throw new ArgumentException("decoupled losses need two pairs at least: with one there is no negative");
        }

        using var scope = NewDisposeScope();
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var lse = LogSumExp.Among(u, 1 / temperature, n, normalize ? 1 / temperature : double.NaN, tileRows);
        var positives = NtXent.Positives(u);
        var pulls = sigma is { } s
            ? positives.mul(positives.detach().div(s).softmax(0).mul_(-n).add_(2))
            : positives;
        return lse.sub(pulls.div(temperature).repeat(2)).mean().MoveToOuterDisposeScope();
    }
}
