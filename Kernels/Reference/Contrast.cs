using System;

namespace Vantage.Kernels.Reference;

/// <summary>Blends with the mean of the image's grey (of one channel: the image's mean), one number for the whole image.</summary>
public static class Contrast
{
    /// <summary>factor x + (1 - factor) m, clamped to [0, 1].</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="factor">0 is the flat mean, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite, or the channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels, double factor)
    {
        Guard.Colour(Operation.Contrast, channels);
        Guard.Factor(Operation.Contrast, factor);
        var plane = image.Length / channels;
        var sum = 0.0;
        for (var i = 0; i < plane; i++)
        {
            sum += Blend.Grey(image, channels, i);
        }

        return Array.ConvertAll(image, x => Blend.Of(factor, x, sum / plane));
    }
}
