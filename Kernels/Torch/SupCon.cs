using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Supervised contrastive loss (Khosla et al. 2020, equation 2, the mean over positives outside the logarithm) without the official code's
/// factor temperature / base temperature. In O(M d) memory: positives enter by their classes' sums. <see cref="Reference.SupCon"/> has the formula.
/// </summary>
public static class SupCon
{
    /// <summary>The loss of M rows of embeddings (all views of all images) and M labels, a scalar.</summary>
    /// <param name="z">M x d, float32 or float64, M at least 2.</param>
    /// <param name="labels">Int64, M: any numbers; equal means of one class. Rows alone in their class add 0 to the mean.</param>
    /// <param name="temperature">Divides the similarities; no unit.</param>
    /// <param name="normalize">Cosines if true, dot products if not.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor z, Tensor labels, double temperature, bool normalize) => Loss(z, labels, temperature, normalize, 0);

    /// <summary>The loss by tensors with a chosen number of rows a tile, for tests; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor z, Tensor labels, double temperature, bool normalize, int tileRows)
    {
        Embeddings.Rows(z, "embeddings", z, "embeddings");
        Embeddings.Indices(labels, z.shape[0], "labels");
        Embeddings.Temperature(temperature);
        if (z.shape[0] < 2)
        {
            throw new ArgumentException("one row has no candidate: give two views of each image at least");
        }

        using var scope = NewDisposeScope();
        var u = UnitRows.Of(z, normalize);
        var lse = LogSumExp.Among(u, 1 / temperature, z.shape[0], normalize ? 1 / temperature : double.NaN, tileRows);
        var classes = Dense(labels);
        var counts = zeros(z.shape[0], u.dtype, u.device).index_add(0, classes, ones(z.shape[0], u.dtype, u.device), 1);
        var members = Embeddings.At(counts, classes).sub_(1);
        var sums = Embeddings.At(zeros_like(u).detach().scatter_add(0, classes.unsqueeze(1).expand(u.shape), u), classes);
        var positives = u.mul(sums.sub(u)).sum(1).div(members.clamp_min(1)); // mean similarity to the others of the class
        return lse.sub(positives.div(temperature)).mul(members.gt(0)).mean().MoveToOuterDisposeScope();
    }

    // Labels as numbers below M in order of size, without asking how many there are: neighbours in sorted order that differ, counted.
    private static Tensor Dense(Tensor labels)
    {
        var order = labels.argsort(0, false);
        var sorted = Embeddings.At(labels, order);
        var steps = zeros_like(sorted);
        steps.narrow(0, 1, labels.shape[0] - 1).copy_(sorted.narrow(0, 1, labels.shape[0] - 1).ne(sorted.narrow(0, 0, labels.shape[0] - 1)));
        return zeros_like(sorted).scatter_(0, order, steps.cumsum(0));
    }
}
