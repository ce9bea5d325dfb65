using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Spherical k-means on any device, without gradient; see <see cref="Reference.SphericalKMeans"/> for what it does. Products are taken in tiles of rows.</summary>
public static class SphericalKMeans
{
    /// <summary>Centroids and labels after so many iterations from given centroids.</summary>
    /// <param name="rows">Unit rows, N x d, float32 or float64.</param>
    /// <param name="centroids">Unit rows, K x d; not changed.</param>
    /// <param name="iterations">0 only labels.</param>
    /// <returns>K x d, and int64 of N.</returns>
    /// <exception cref="ArgumentException">Shapes or types differ, or iterations are negative.</exception>
    public static (Tensor Centroids, Tensor Labels) Run(Tensor rows, Tensor centroids, int iterations)
    {
        Embeddings.Rows(rows, "rows", centroids, "centroids");
        if (iterations < 0 || centroids.numel() == 0)
        {
            throw new ArgumentException($"{iterations} iterations for {centroids.shape[0]} centroids: iterations are 0 or more, centroids at least 1");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var found = centroids.detach().clone();
        var labels = Labels(rows.detach(), found);
        for (var t = 0; t < iterations; t++)
        {
            using var iteration = NewDisposeScope();
            var sums = zeros_like(found).index_add_(0, labels, rows.detach(), 1);
            var counts = zeros(found.shape[0], found.dtype, found.device).index_add_(0, labels, ones(rows.shape[0], found.dtype, found.device), 1);
            found.copy_(where(counts.gt(0).unsqueeze(1), sums.div(Embeddings.Lengths(sums)), found));
            labels.copy_(Labels(rows.detach(), found));
        }

        return (found.MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope());
    }

    /// <summary>The centroid with the largest product, of each row.</summary>
    private static Tensor Labels(Tensor rows, Tensor centroids)
    {
        var labels = zeros(rows.shape[0], int64, rows.device);
        LogSumExp.Tiles(rows.shape[0], LogSumExp.Rows(0, centroids.shape[0]), (start, count) =>
            labels.narrow(0, start, count).copy_(rows.narrow(0, start, count).mm(centroids.t()).argmax(1)));
        return labels;
    }
}
