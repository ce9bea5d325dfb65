using System;

namespace Vantage.Kernels.Reference;

/// <summary>Spherical k-means, as DeepCluster-v2 labels a set (main_deepclusterv2.py of facebookresearch/swav).</summary>
public static class SphericalKMeans
{
    /// <summary>
    /// From given centroids, so many times: every row joins the centroid with the largest product, the lowest of several; every centroid becomes the sum of its rows over its length.
    /// A centroid without rows stays where it is. The labels are those of the last centroids.
    /// </summary>
    /// <param name="rows">Unit rows, N x d.</param>
    /// <param name="centroids">Unit rows, K x d; not changed.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="iterations">10 in DeepCluster-v2; 0 only labels.</param>
    /// <returns>The centroids, and the label of each row.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or iterations are negative.</exception>
    public static (double[] Centroids, int[] Labels) Run(double[] rows, double[] centroids, int n, int iterations)
    {
        var d = Batch.Width(rows, rows, n, 1);
        if (centroids.Length == 0 || centroids.Length % d != 0 || iterations < 0)
        {
            throw new ArgumentException($"{centroids.Length} values are not centroids of {d} values for {iterations} iterations");
        }

        var k = centroids.Length / d;
        var found = (double[])centroids.Clone();
        var labels = Join(rows, found, n, k);
        for (var t = 0; t < iterations; t++)
        {
            var (sums, counts) = (new double[k * d], new int[k]);
            for (var i = 0; i < n; i++)
            {
                counts[labels[i]]++;
                for (var c = 0; c < d; c++)
                {
                    sums[(labels[i] * d) + c] += rows[(i * d) + c];
                }
            }

            var (unit, _) = Similarity.Unit(sums, k, true);
            for (var i = 0; i < found.Length; i++)
            {
                found[i] = counts[i / d] > 0 ? unit[i] : found[i];
            }

            labels = Join(rows, found, n, k);
        }

        return (found, labels);
    }

    private static int[] Join(double[] rows, double[] centroids, int n, int k)
    {
        var s = Similarity.Products(rows, centroids, n, k);
        var labels = new int[n];
        for (var i = 0; i < n; i++)
        {
            for (var c = 1; c < k; c++)
            {
                labels[i] = s[i, c] > s[i, labels[i]] ? c : labels[i];
            }
        }

        return labels;
    }
}
