using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// NT-Logistic (Chen et al. 2020, table 2): every pair is a logistic regression of its own. Here positives and negatives are each a mean,
/// as in the golden figures; the paper does not say. <see cref="Reference.NtLogistic"/> has the formula.
/// </summary>
public static class NtLogistic
{
    /// <summary>mean over 2N positives of softplus(-s / t) + mean over 2N (2N - 2) negatives of softplus(s / t).</summary>
    /// <exception cref="ArgumentException">Shapes or types differ, there is but one pair, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize, int tileRows = 0)
    {
        MarginTriplet.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var pull = NoiseContrast.Softplus(NtXent.Positives(u).div(-temperature)).mean();
        var rows = (double)u.shape[0];
        return pull.add(Negatives.Logistic(u, temperature, tileRows).div(rows * (rows - 2))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Semi-hard: per anchor softplus(-s+ / t) + softplus(s- / t), s- the most similar negative that is less similar than the positive;
    /// the mean over 2N anchors, an anchor without one adds 0.
    /// </summary>
    /// <exception cref="ArgumentException">As for the loss.</exception>
    public static Tensor SemiHard(Tensor a, Tensor b, double temperature, bool normalize, int tileRows = 0)
    {
        MarginTriplet.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var positives = NtXent.Positives(u).repeat(2);
        var (index, found) = Negatives.Nearest(u, full_like(positives, double.NegativeInfinity), positives, tileRows);
        var negatives = u.mul(Embeddings.At(u, index)).sum(1);
        var each = NoiseContrast.Softplus(positives.div(-temperature)).add(NoiseContrast.Softplus(negatives.div(temperature)));
        return each.mul(found).mean().MoveToOuterDisposeScope();
    }
}
