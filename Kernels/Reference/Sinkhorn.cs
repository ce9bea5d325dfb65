using System;

namespace Vantage.Kernels.Reference;

/// <summary>Balanced assignments as their loop reads (Caron et al. 2020, equation 3; facebookresearch/swav, main_swav.py, distributed_sinkhorn).</summary>
public static class Sinkhorn
{
    /// <summary>
    /// Codes of B images over K prototypes: Q = exp (scores / epsilon); then for each iteration every prototype's column is scaled to sum to 1 / K and every image's
    /// row to 1 / B; at the end times B. The last step is the images', so rows sum to 1; columns come near B / K.
    /// </summary>
    /// <param name="scores">B x K.</param>
    /// <param name="images">B.</param>
    /// <param name="epsilon">Weight of the entropy; 0.05.</param>
    /// <param name="iterations">3.</param>
    /// <returns>B x K, entries of at least 0.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, epsilon is not positive and finite, or there is no iteration.</exception>
    public static double[] Codes(double[] scores, int images, double epsilon, int iterations)
    {
        Check(scores.Length, images, epsilon, iterations);
        var k = scores.Length / images;
        var highest = double.NegativeInfinity;
        foreach (var score in scores)
        {
            highest = Math.Max(highest, score);
        }

        var q = new double[scores.Length];
        for (var i = 0; i < q.Length; i++)
        {
            q[i] = Math.Exp((scores[i] - highest) / epsilon);
        }

        for (var iteration = 0; iteration < iterations; iteration++)
        {
            for (var c = 0; c < k; c++)
            {
                Scale(q, c, k, images, 1.0 / k);
            }

            for (var b = 0; b < images; b++)
            {
                Scale(q, b * k, 1, k, 1.0 / images);
            }
        }

        for (var i = 0; i < q.Length; i++)
        {
            q[i] *= images;
        }

        return q;
    }

    /// <summary>Checks what codes are made of.</summary>
    internal static void Check(long values, long images, double epsilon, int iterations)
    {
        if (images < 1 || values < images || values % images != 0)
        {
            throw new ArgumentException($"{values} scores are not those of {images} images over one number of prototypes");
        }

        if (!(epsilon > 0) || !double.IsFinite(epsilon))
        {
            throw new ArgumentException($"an entropy weight of {epsilon} is not positive and finite; 0.05 is SwAV's");
        }

        if (iterations < 1)
        {
            throw new ArgumentException($"{iterations} iterations balance nothing; 3 is SwAV's");
        }
    }

    private static void Scale(double[] q, int first, int step, int count, double total)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += q[first + (i * step)];
        }

        for (var i = 0; i < count && sum > 0; i++)
        {
            q[first + (i * step)] *= total / sum;
        }
    }
}
