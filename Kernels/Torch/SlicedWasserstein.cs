using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>The sliced Wasserstein-2 distance on any device, with a hand-written gradient; see <see cref="Reference.SlicedWasserstein"/> for the formula.</summary>
public static class SlicedWasserstein
{
    /// <summary>The distance of embeddings to samples of a prior, a scalar. No gradient goes into samples or directions.</summary>
    /// <param name="z">Embeddings, N x d, float32 or float64.</param>
    /// <param name="prior">Samples of the prior, N x d.</param>
    /// <param name="directions">d x L, unit columns.</param>
    /// <param name="normalize">Whether rows of z are divided by their length first, as a prior on the hypersphere wants.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the batch is empty.</exception>
    public static Tensor Loss(Tensor z, Tensor prior, Tensor directions, bool normalize)
    {
        Embeddings.Check(z, prior, 1);
        if (directions.dim() != 2 || directions.shape[0] != z.shape[1] || directions.numel() == 0 || directions.dtype != z.dtype)
        {
            throw new ArgumentException($"directions are {directions.dtype} of [{string.Join(", ", directions.shape)}]; needed are columns of {z.shape[1]} values of {z.dtype}");
        }

        var (samples, lines) = (prior.detach(), directions.detach());
        return WithGradient.Of(
            inputs =>
            {
                var lengths = Embeddings.Lengths(inputs[0]);
                var u = normalize ? inputs[0].div(lengths) : inputs[0];
                var (mine, order) = u.mm(lines).sort(0);
                var difference = mine.sub_(samples.mm(lines).sort(0).Values);
                var count = (double)difference.numel();
                var slope = zeros_like(difference).scatter(0, order, difference.mul(2 / count));
                var gradient = slope.mm(lines.t());
                return (difference.square().mean(), [normalize ? Embeddings.ThroughLength(u, gradient, lengths) : gradient]);
            },
            z);
    }
}
