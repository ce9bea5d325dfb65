using System;

namespace Vantage.Kernels.Reference;

/// <summary>Blends with a smoothed image: torchvision's and Pillow's sharpness.</summary>
public static class Sharpness
{
    /// <summary>factor x + (1 - factor) smooth(x), clamped to [0, 1]; see <see cref="Operation.Sharpness"/>.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="factor">0 is the smoothed image, 1 leaves the image as it is.</param>
    /// <exception cref="ArgumentException">The factor is negative or not finite.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, double factor)
    {
        Guard.Factor(Operation.Sharpness, factor);
        return Pixels.Map(channels, height, width, (c, y, x) =>
        {
            var own = image[Pixels.At(c, y, x, height, width)];
            if (y == 0 || x == 0 || y == height - 1 || x == width - 1)
            {
                return own;
            }

            var sum = 4 * own;
            for (var j = -1; j <= 1; j++)
            {
                for (var i = -1; i <= 1; i++)
                {
                    sum += image[Pixels.At(c, y + j, x + i, height, width)];
                }
            }

            return Blend.Of(factor, own, sum / 13);
        });
    }
}
