using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// Writes each pixel's grey into every channel. An image of one channel stays as it is. As torchvision's weights sum to
/// 0.9999, doing it twice multiplies by 0.9999 once more: idempotent within 1e-4.
/// </summary>
public static class Grayscale
{
    /// <summary>0.2989 R + 0.587 G + 0.114 B in every channel.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <exception cref="ArgumentException">The channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels)
    {
        Guard.Colour(Operation.Grayscale, channels);
        var result = new double[image.Length];
        for (var i = 0; i < image.Length; i++)
        {
            result[i] = Blend.Grey(image, channels, i % (image.Length / channels));
        }

        return result;
    }
}
