using System;

namespace Vantage.Kernels.Reference;

/// <summary>Multiplies every value and clamps to [0, 1]. Where nothing clamps, brightness a then b is brightness a b.</summary>
public static class Brightness
{
    /// <summary>min(1, factor x).</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="factor">0 is black, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite, or the channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels, double factor)
    {
        Guard.Colour(Operation.Brightness, channels);
        Guard.Factor(Operation.Brightness, factor);
        return Array.ConvertAll(image, x => Blend.Of(factor, x, 0));
    }
}
