using System;

namespace Vantage.Kernels.Reference;

/// <summary>Blends each channel with its own mean: TensorFlow's <c>adjust_contrast</c>, with clamping.</summary>
public static class ContrastByChannel
{
    /// <summary>factor x + (1 - factor) m, clamped to [0, 1], m the mean of the value's channel.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">Channels.</param>
    /// <param name="factor">0 is flat, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite.</exception>
    public static double[] Apply(double[] image, int channels, double factor)
    {
        Guard.Factor(Operation.ContrastByChannel, factor);
        var plane = image.Length / channels;
        var result = new double[image.Length];
        for (var c = 0; c < channels; c++)
        {
            var sum = 0.0;
            for (var i = 0; i < plane; i++)
            {
                sum += image[(c * plane) + i];
            }

            for (var i = 0; i < plane; i++)
            {
                result[(c * plane) + i] = Blend.Of(factor, image[(c * plane) + i], sum / plane);
            }
        }

        return result;
    }
}
