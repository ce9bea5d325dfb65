using System;

namespace Vantage.Kernels.Reference;

/// <summary>Keeps some channels.</summary>
public static class Select
{
    /// <summary>The channels first .. first + count.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="first">The first that stays.</param>
    /// <param name="count">How many stay.</param>
    /// <exception cref="ArgumentException">They are not channels of the image.</exception>
    public static double[] Apply(double[] image, int channels, int first, int count)
    {
        Guard.Select(first, count, channels);
        var plane = image.Length / channels;
        return image[(first * plane)..((first + count) * plane)];
    }
}
