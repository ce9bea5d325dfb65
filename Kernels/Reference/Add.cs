using System;

namespace Vantage.Kernels.Reference;

/// <summary>Additive brightness: SimCLR's first version and BYOL.</summary>
public static class Add
{
    /// <summary>x + amount, clamped to [0, 1].</summary>
    /// <param name="image">Values in [0, 1].</param>
    /// <param name="amount">Finite.</param>
    /// <exception cref="ArgumentException">The amount is not finite.</exception>
    public static double[] Apply(double[] image, double amount)
    {
        Guard.Finite(Operation.Add, amount);
        return Array.ConvertAll(image, x => Math.Clamp(x + amount, 0, 1));
    }
}
