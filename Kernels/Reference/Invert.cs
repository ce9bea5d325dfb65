using System;

namespace Vantage.Kernels.Reference;

/// <summary>The negative.</summary>
public static class Invert
{
    /// <summary>1 - x.</summary>
    /// <param name="image">Values in [0, 1].</param>
    public static double[] Apply(double[] image) => Array.ConvertAll(image, x => 1 - x);
}
