using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The batch-hard triplet loss with a soft margin (Hermans et al. 2017, equation 5 and section 2.2): log (1 + exp (d+ - d-)), d+ the largest Euclidean distance of an anchor to an
/// embedding of its own image, d- the smallest to one of another image; the mean over anchors.
/// </summary>
public static class BatchHard
{
    // Keeps the root's gradient finite where two embeddings are one.
    private const double Least = 1e-12;

    /// <summary>The loss, a scalar.</summary>
    /// <param name="embeddings">n x d, float32 or float64.</param>
    /// <param name="images">Which image each is of: int64, n.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or all are of one image.</exception>
    public static Tensor Loss(Tensor embeddings, Tensor images)
    {
        Embeddings.Check(embeddings, embeddings, 1);
        if (images.dim() != 1 || images.shape[0] != embeddings.shape[0] || images.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"images of [{string.Join(", ", images.shape)}] of {images.dtype}: one int64 for each of the {embeddings.shape[0]} embeddings is needed");
        }

        using var scope = NewDisposeScope();
        var same = images.unsqueeze(0).eq(images.unsqueeze(1));
        if (same.all().item<bool>())
        {
            throw new ArgumentException("all embeddings are of one image: a triplet needs another one");
        }

        var squares = embeddings.mul(embeddings).sum(1);
        var squared = squares.unsqueeze(0).add(squares.unsqueeze(1)).sub(embeddings.mm(embeddings.t()).mul(2));
        var distances = squared.clamp_min(Least).sqrt();
        var furthest = distances.masked_fill(same.logical_not(), double.NegativeInfinity).amax([1L]);
        var nearest = distances.masked_fill(same, double.PositiveInfinity).amin([1L]);
        return nn.functional.softplus(furthest.sub(nearest)).mean().MoveToOuterDisposeScope();
    }
}
