using System;

namespace Vantage.Kernels.Reference;

/// <summary>How steep the image is: the length of its gradient by Sobel's kernels.</summary>
public static class Sobel
{
    /// <summary>1 / (4 sqrt 2): the gain by which the steepest edge possible becomes 1.</summary>
    public static readonly double Unit = 1 / (4 * Math.Sqrt(2));

    /// <summary>gain sqrt(gx^2 + gy^2) of the grey, clamped to [0, 1], in every channel; see <see cref="Operation.Sobel"/>.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="gain">Finite, 0 or more.</param>
    /// <exception cref="ArgumentException">The gain is negative or not finite, or the channels are neither 1 nor 3.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, double gain)
    {
        Guard.Colour(Operation.Sobel, channels);
        Guard.Factor(Operation.Sobel, gain);
        var grey = Pixels.Grey(image, channels);
        double At(int y, int x) => grey[(Math.Clamp(y, 0, height - 1) * width) + Math.Clamp(x, 0, width - 1)];
        return Pixels.Map(channels, height, width, (_, y, x) =>
        {
            var (gx, gy) = (0.0, 0.0);
            for (var k = -1; k <= 1; k++)
            {
                gx += (2 - Math.Abs(k)) * (At(y + k, x + 1) - At(y + k, x - 1));
                gy += (2 - Math.Abs(k)) * (At(y + 1, x + k) - At(y - 1, x + k));
            }

            return Math.Min(1, gain * Math.Sqrt((gx * gx) + (gy * gy)));
        });
    }
}
