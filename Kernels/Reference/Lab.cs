using System;

namespace Vantage.Kernels.Reference;

/// <summary>RGB to CIE Lab (IEC 61966-2-1 sRGB, illuminant D65, 2 degrees), the constants of scikit-image's <c>rgb2lab</c>.</summary>
public static class Lab
{
    /// <summary>L, a and b by their ranges over the sRGB cube to [0, 1]; see <see cref="Operation.Lab"/>.</summary>
    /// <param name="image">3 x height x width values in [0, 1].</param>
    public static double[] Apply(double[] image)
    {
        var plane = image.Length / 3;
        var result = new double[image.Length];
        for (var i = 0; i < plane; i++)
        {
            var (l, a, b) = Of(image[i], image[plane + i], image[(2 * plane) + i]);
            result[i] = Math.Clamp(l / 100, 0, 1);
            result[plane + i] = Math.Clamp((a + 86.183) / 184.416, 0, 1);
            result[(2 * plane) + i] = Math.Clamp((b + 107.857) / 202.335, 0, 1);
        }

        return result;
    }

    /// <summary>L in 0 .. 100, a and b of one colour.</summary>
    public static (double L, double A, double B) Of(double red, double green, double blue)
    {
        var (r, g, b) = (Linear(red), Linear(green), Linear(blue));
        var x = Root(((0.412453 * r) + (0.357580 * g) + (0.180423 * b)) / 0.95047);
        var y = Root((0.212671 * r) + (0.715160 * g) + (0.072169 * b));
        var z = Root(((0.019334 * r) + (0.119193 * g) + (0.950227 * b)) / 1.08883);
        return ((116 * y) - 16, 500 * (x - y), 200 * (y - z));
    }

    private static double Linear(double x) => x > 0.04045 ? Math.Pow((x + 0.055) / 1.055, 2.4) : x / 12.92;

    private static double Root(double t) => t > 0.008856 ? Math.Cbrt(t) : (7.787 * t) + (16.0 / 116);
}
