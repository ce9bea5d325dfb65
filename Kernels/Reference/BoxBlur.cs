using System;

namespace Vantage.Kernels.Reference;

/// <summary>Pillow's GaussianBlur: three box blurs an axis (Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011).</summary>
public static class BoxBlur
{
    /// <summary>Box blurs of each axis.</summary>
    public const int Passes = 3;

    /// <summary>The blurred image, without Pillow's rounding to bytes between passes; see <see cref="Operation.BoxBlur"/>.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="sigma">Pillow's radius: the standard deviation that is approximated, in pixels.</param>
    /// <exception cref="ArgumentException">sigma is negative or not finite.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, double sigma)
    {
        Guard.Factor(Operation.BoxBlur, sigma);
        if (sigma == 0)
        {
            return (double[])image.Clone();
        }

        var (whole, inner, outer) = Box(sigma);
        var values = image;
        for (var pass = 0; pass < Passes; pass++)
        {
            var now = values;
            values = Pixels.Map(channels, height, width, (c, y, x) => Sum(k => now[Pixels.At(c, y, Math.Clamp(x + k, 0, width - 1), height, width)], whole, inner, outer));
        }

        for (var pass = 0; pass < Passes; pass++)
        {
            var now = values;
            values = Pixels.Map(channels, height, width, (c, y, x) => Sum(k => now[Pixels.At(c, Math.Clamp(y + k, 0, height - 1), x, height, width)], whole, inner, outer));
        }

        return values;
    }

    /// <summary>One box: pixels up to the whole distance weigh inner each, those one further weigh outer; all together 1.</summary>
    internal static (int Whole, double Inner, double Outer) Box(double sigma)
    {
        var s = sigma * sigma / Passes;
        var l = Math.Floor((Math.Sqrt((12 * s) + 1) - 1) / 2);
        var radius = l + (((2 * l) + 1) * ((l * (l + 1)) - (3 * s)) / (6 * (s - ((l + 1) * (l + 1)))));
        var inner = 1 / ((2 * radius) + 1);
        return ((int)l, inner, (1 - (((2 * l) + 1) * inner)) / 2);
    }

    private static double Sum(Func<int, double> at, int whole, double inner, double outer)
    {
        var sum = outer * (at(-whole - 1) + at(whole + 1));
        for (var k = -whole; k <= whole; k++)
        {
            sum += inner * at(k);
        }

        return sum;
    }
}
