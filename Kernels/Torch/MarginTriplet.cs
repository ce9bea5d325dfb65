using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The margin triplet loss on similarities (Schroff et al. 2015; Chen et al. 2020, table 2): max(0, s- - s+ + m).
/// <see cref="Reference.MarginTriplet"/> has the formula.
/// </summary>
public static class MarginTriplet
{
    /// <summary>The mean over all 2N (2N - 2) triples of anchor, positive and negative.</summary>
    /// <exception cref="ArgumentException">Shapes or types differ, there is but one pair, or the margin is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double margin, bool normalize, int tileRows = 0)
    {
        Margin(margin);
        Check(a, b, 1);
        using var scope = NewDisposeScope();
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var rows = (double)u.shape[0];
        return Negatives.Hinge(u, NtXent.Positives(u).repeat(2), margin, tileRows).div(rows * (rows - 2)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Semi-hard: per anchor the most similar negative with s- in (s+ - m, s+); the mean over 2N anchors, an anchor without one adds 0.
    /// The answer lies in [0, m).
    /// </summary>
    /// <exception cref="ArgumentException">As for the loss.</exception>
    public static Tensor SemiHard(Tensor a, Tensor b, double margin, bool normalize, int tileRows = 0)
    {
        Margin(margin);
        Check(a, b, 1);
        using var scope = NewDisposeScope();
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var positives = NtXent.Positives(u).repeat(2);
        var (index, found) = Negatives.Nearest(u, positives.sub(margin), positives, tileRows);
        var negatives = u.mul(Embeddings.At(u, index)).sum(1);
        return negatives.sub(positives).add(margin).mul(found).mean().MoveToOuterDisposeScope();
    }

    internal static void Check(Tensor a, Tensor b, double temperature)
    {
        Embeddings.Check(a, b, temperature);
        if (a.shape[0] < 2)
        {
            throw new ArgumentException("this loss needs two pairs at least: with one there is no negative");
        }
    }

    private static void Margin(double margin)
    {
        if (!(margin > 0) || double.IsInfinity(margin))
        {
            throw new ArgumentException($"a margin of {margin} is not positive and finite");
        }
    }
}
