using System;

namespace Vantage.Kernels.Reference;

/// <summary>Drops and shuffles channels.</summary>
public static class Channels
{
    /// <summary>New channel c is the old channel sources[c], or zeros for -1.</summary>
    /// <param name="image">3 x height x width values.</param>
    /// <param name="sources">Three of -1, 0, 1, 2.</param>
    /// <exception cref="ArgumentException">A source is not one of these.</exception>
    public static double[] Apply(double[] image, int[] sources)
    {
        Guard.Sources(sources);
        var plane = image.Length / 3;
        var result = new double[image.Length];
        for (var c = 0; c < 3; c++)
        {
            if (sources[c] >= 0)
            {
                Array.Copy(image, sources[c] * plane, result, c * plane, plane);
            }
        }

        return result;
    }
}
