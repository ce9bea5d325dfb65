using System;

namespace Vantage.Kernels.Reference;

/// <summary>Blends each pixel with its own grey. An image of one channel stays as it is.</summary>
public static class Saturation
{
    /// <summary>factor x + (1 - factor) grey(x), clamped to [0, 1].</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="factor">0 is grey, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite, or the channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels, double factor)
    {
        Guard.Colour(Operation.Saturation, channels);
        Guard.Factor(Operation.Saturation, factor);
        var result = (double[])image.Clone();
        if (channels == 3)
        {
            var plane = image.Length / channels;
            for (var i = 0; i < image.Length; i++)
            {
                result[i] = Blend.Of(factor, image[i], Blend.Grey(image, channels, i % plane));
            }
        }

        return result;
    }
}
