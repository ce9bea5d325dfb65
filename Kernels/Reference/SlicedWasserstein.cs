using System;

namespace Vantage.Kernels.Reference;

/// <summary>The sliced Wasserstein-2 distance of embeddings to samples of a prior (Chen, Luo and Li 2021, "Intriguing properties of contrastive losses").</summary>
public static class SlicedWasserstein
{
    /// <summary>The mean over N and L of the squared difference of sorted projections: of z and of the prior's samples, along each of L directions.</summary>
    /// <param name="z">Embeddings, N x d.</param>
    /// <param name="prior">Samples of the prior, N x d.</param>
    /// <param name="directions">d x L, unit columns.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="normalize">Whether rows of z are divided by their length first, as a prior on the hypersphere wants.</param>
    /// <returns>The distance, and its gradient with respect to z.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Z) Loss(double[] z, double[] prior, double[] directions, int n, bool normalize)
    {
        var d = Batch.Width(z, prior, n, 1);
        if (directions.Length == 0 || directions.Length % d != 0)
        {
            throw new ArgumentException($"{directions.Length} values are not directions of {d} rows");
        }

        var slices = directions.Length / d;
        var (u, length) = Similarity.Unit(z, n, normalize);
        var du = new double[z.Length];
        var loss = 0.0;
        for (var s = 0; s < slices; s++)
        {
            var (mine, theirs) = (Project(u, directions, n, d, slices, s), Project(prior, directions, n, d, slices, s));
            var order = new int[n];
            for (var i = 0; i < n; i++)
            {
                order[i] = i;
            }

            Array.Sort(mine, order);
            Array.Sort(theirs);
            for (var i = 0; i < n; i++)
            {
                var difference = mine[i] - theirs[i];
                loss += difference * difference / ((double)n * slices);
                for (var c = 0; c < d; c++)
                {
                    du[(order[i] * d) + c] += 2 * difference / ((double)n * slices) * directions[(c * slices) + s];
                }
            }
        }

        return (loss, NtXent.ThroughLength(u, du, length, 0, n, d, normalize));
    }

    private static double[] Project(double[] x, double[] directions, int n, int d, int slices, int slice)
    {
        var result = new double[n];
        for (var i = 0; i < n * d; i++)
        {
            result[i / d] += x[i] * directions[(i % d * slices) + slice];
        }

        return result;
    }
}
