using System;

namespace Vantage.Kernels.Reference;

/// <summary>Inverts the bright values: torchvision's and Pillow's <c>solarize</c>.</summary>
public static class Solarize
{
    /// <summary>1 - x where x >= threshold, else x.</summary>
    /// <param name="image">Values in [0, 1].</param>
    /// <param name="threshold">Finite; above 1 nothing changes.</param>
    /// <exception cref="ArgumentException">The threshold is not finite.</exception>
    public static double[] Apply(double[] image, double threshold)
    {
        Guard.Finite(Operation.Solarize, threshold);
        return Array.ConvertAll(image, x => x >= threshold ? 1 - x : x);
    }
}
