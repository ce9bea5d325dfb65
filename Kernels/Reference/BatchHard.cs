using System;

namespace Vantage.Kernels.Reference;

/// <summary>The batch-hard triplet loss with a soft margin (Hermans et al. 2017, equation 5 and section 2.2), S4L's loss of exemplars.</summary>
public static class BatchHard
{
    /// <summary>
    /// The mean over anchors of log (1 + exp (d+ - d-)), d+ the largest Euclidean distance to an embedding of the anchor's image, itself included, d- the smallest to one of another
    /// image; the first of several. Where two embeddings are one, their direction is none: no gradient.
    /// </summary>
    /// <param name="embeddings">n x d.</param>
    /// <param name="images">Which image each is of.</param>
    /// <param name="n">Rows, of two images at least.</param>
    /// <returns>The loss, and its gradient with respect to the embeddings.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or all are of one image.</exception>
    public static (double Loss, double[] Embeddings) Loss(double[] embeddings, long[] images, int n)
    {
        var d = Batch.Width(embeddings, embeddings, n, 2);
        if (images.Length != n || Array.TrueForAll(images, image => image == images[0]))
        {
            throw new ArgumentException($"{images.Length} images for {n} embeddings: one for each is needed, of two images at least");
        }

        var gradient = new double[embeddings.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var (own, other) = (i, -1);
            var (furthest, nearest) = (0.0, double.PositiveInfinity);
            for (var k = 0; k < n; k++)
            {
                var distance = Distance(embeddings, i, k, d);
                if (images[k] == images[i])
                {
                    (own, furthest) = distance > furthest ? (k, distance) : (own, furthest);
                }
                else
                {
                    (other, nearest) = distance < nearest || other < 0 ? (k, distance) : (other, nearest);
                }
            }

            var margin = furthest - nearest;
            loss += (Math.Max(margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin)))) / n;
            var weight = 1 / (1 + Math.Exp(-margin)) / n;
            Move(embeddings, gradient, i, own, d, furthest, weight);
            Move(embeddings, gradient, i, other, d, nearest, -weight);
        }

        return (loss, gradient);
    }

    private static double Distance(double[] x, int i, int k, int d)
    {
        var squares = 0.0;
        for (var c = 0; c < d; c++)
        {
            var difference = x[(i * d) + c] - x[(k * d) + c];
            squares += difference * difference;
        }

        return Math.Sqrt(squares);
    }

    // Adds the slope of a distance times a weight, in both ends.
    private static void Move(double[] x, double[] gradient, int i, int k, int d, double distance, double weight)
    {
        for (var c = 0; c < d && distance > 0; c++)
        {
            var slope = weight * (x[(i * d) + c] - x[(k * d) + c]) / distance;
            gradient[(i * d) + c] += slope;
            gradient[(k * d) + c] -= slope;
        }
    }
}
