using System;

namespace Vantage.Kernels.Reference;

/// <summary>What the scalar loops share: where a value lies, and a loop over all of them.</summary>
internal static class Pixels
{
    /// <summary>Where channel c, row y, column x lies.</summary>
    internal static int At(int c, int y, int x, int height, int width) => (((c * height) + y) * width) + x;

    /// <summary>The image whose value at channel c, row y, column x is what the function says.</summary>
    internal static double[] Map(int channels, int height, int width, Func<int, int, int, double> value)
    {
        var result = new double[channels * height * width];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    result[At(c, y, x, height, width)] = value(c, y, x);
                }
            }
        }

        return result;
    }

    /// <summary>The byte nearest below: floor(255.999 x), torchvision's conversion to uint8.</summary>
    internal static int Byte(double x) => (int)Math.Clamp(Math.Floor(255.999 * x), 0, 255);

    /// <summary>The grey of every pixel, height x width values.</summary>
    internal static double[] Grey(double[] image, int channels)
    {
        var grey = new double[image.Length / channels];
        for (var i = 0; i < grey.Length; i++)
        {
            grey[i] = Blend.Grey(image, channels, i);
        }

        return grey;
    }
}
