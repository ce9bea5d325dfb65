using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// A Gaussian over an odd square of taps, its weights divided by their sum, edges reflected without repeating the edge pixel:
/// torchvision's <c>gaussian_blur</c>. sigma 0 leaves the image as it is.
/// </summary>
public static class Blur
{
    /// <summary>The blurred image.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="sigma">Standard deviation in pixels.</param>
    /// <param name="taps">Odd; at most 2 min(height, width) - 1, so that the reflection lies inside.</param>
    /// <returns>As many values.</returns>
    /// <exception cref="ArgumentException">sigma is negative or not finite, or the taps do not fit.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, double sigma, int taps)
    {
        Guard.Blur(sigma, taps, height, width);
        if (sigma == 0)
        {
            return (double[])image.Clone();
        }

        var weights = Weights(sigma, taps);
        var half = taps / 2;
        var result = new double[image.Length];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var sum = 0.0;
                    for (var j = 0; j < taps; j++)
                    {
                        for (var i = 0; i < taps; i++)
                        {
                            var pixel = image[(((c * height) + Reflect(y + j - half, height)) * width) + Reflect(x + i - half, width)];
                            sum += weights[j] * weights[i] * pixel;
                        }
                    }

                    result[(((c * height) + y) * width) + x] = sum;
                }
            }
        }

        return result;
    }

    /// <summary>exp(-d^2 / (2 sigma^2)) for d = -taps/2 .. taps/2, divided by the sum.</summary>
    internal static double[] Weights(double sigma, int taps)
    {
        var weights = new double[taps];
        var sum = 0.0;
        for (var i = 0; i < taps; i++)
        {
            var d = (i - (taps / 2)) / sigma;
            weights[i] = Math.Exp(-0.5 * d * d);
            sum += weights[i];
        }

        return Array.ConvertAll(weights, w => w / sum);
    }

    private static int Reflect(int i, int length) => i < 0 ? -i : i >= length ? (2 * (length - 1)) - i : i;
}
