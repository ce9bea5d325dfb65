using System;

namespace Vantage.Kernels.Reference;

/// <summary>Multiplies every value and clamps to [0, 1]. Where nothing clamps, brightness a then b is brightness a b.</summary>
public static class Brightness
{
    /// <summary>min(1, factor x).</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="factor">0 is black, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite.</exception>
    public static double[] Apply(double[] image, double factor)
    {
        Guard.Factor(Operation.Brightness, factor);
        return Array.ConvertAll(image, x => Blend.Of(factor, x, 0));
    }
}
