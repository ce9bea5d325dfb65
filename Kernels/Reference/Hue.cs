using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// Turns the hue through HSV, as torchvision and Pillow do. A full turn, and any turn of a grey pixel, changes nothing.
/// An image of one channel stays as it is.
/// </summary>
public static class Hue
{
    /// <summary>The image with its hue turned.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="turn">In full turns: 0 leaves the image as it is, 1/3 takes red to green.</param>
    /// <exception cref="ArgumentException">The turn is not finite, or the channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels, double turn)
    {
        Guard.Colour(Operation.Hue, channels);
        Guard.Turn(turn);
        var result = (double[])image.Clone();
        if (channels == 3)
        {
            var plane = image.Length / channels;
            for (var i = 0; i < plane; i++)
            {
                var (h, s, v) = FromRgb(image[i], image[plane + i], image[(2 * plane) + i]);
                h += turn;
                (result[i], result[plane + i], result[(2 * plane) + i]) = ToRgb(h - Math.Floor(h), s, v);
            }
        }

        return result;
    }

    private static (double H, double S, double V) FromRgb(double r, double g, double b)
    {
        var max = Math.Max(r, Math.Max(g, b));
        var chroma = max - Math.Min(r, Math.Min(g, b));
        if (chroma == 0)
        {
            return (0, 0, max);
        }

        var sextant = max == r ? (g - b) / chroma : max == g ? ((b - r) / chroma) + 2 : ((r - g) / chroma) + 4;
        return (sextant / 6, chroma / max, max);
    }

    private static (double R, double G, double B) ToRgb(double h, double s, double v)
    {
        var sextant = Math.Floor(h * 6);
        var f = (h * 6) - sextant;
        var p = v * (1 - s);
        var q = v * (1 - (s * f));
        var t = v * (1 - (s * (1 - f)));
        return ((int)sextant % 6) switch
        {
            0 => (v, t, p),
            1 => (q, v, p),
            2 => (p, v, t),
            3 => (p, q, v),
            4 => (t, p, v),
            _ => (v, p, q),
        };
    }
}
