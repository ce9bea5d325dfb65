using System;

namespace Vantage.Kernels.Reference;

/// <summary>Stretches each channel to [0, 1]: torchvision's <c>autocontrast</c>.</summary>
public static class AutoContrast
{
    /// <summary>Half the step of a byte: below it a channel counts as flat.</summary>
    internal const double Flat = 1 / 510.0;

    /// <summary>(x - min) / (max - min) of each channel; a flat channel stays.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">Channels.</param>
    public static double[] Apply(double[] image, int channels)
    {
        var plane = image.Length / channels;
        var result = (double[])image.Clone();
        for (var c = 0; c < channels; c++)
        {
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            for (var i = c * plane; i < (c + 1) * plane; i++)
            {
                (low, high) = (Math.Min(low, image[i]), Math.Max(high, image[i]));
            }

            for (var i = c * plane; i < (c + 1) * plane && high - low >= Flat; i++)
            {
                result[i] = (image[i] - low) / (high - low);
            }
        }

        return result;
    }
}
