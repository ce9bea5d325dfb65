using System;

namespace Vantage.Kernels.Reference;

/// <summary>Bilinear resampling by an affine map from output to input, about the image's centre: torchvision's <c>affine</c> and <c>rotate</c>.</summary>
public static class Affine
{
    /// <summary>
    /// The output pixel at (x, y) from the centre looks at (a x + b y + c, d x + e y + f), in pixels, right and down (PyTorch's affine_grid and
    /// grid_sample with align_corners=False). Pixels outside count as <paramref name="fill"/>.
    /// </summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="map">a, b, c, d, e, f.</param>
    /// <param name="fill">What lies outside.</param>
    /// <exception cref="ArgumentException">A number is not finite, or the map has not six.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, double[] map, double fill)
    {
        Guard.Affine(map, fill);
        return Pixels.Map(channels, height, width, (c, y, x) =>
        {
            var (u, v) = (x + 0.5 - (width / 2.0), y + 0.5 - (height / 2.0));
            var sx = (map[0] * u) + (map[1] * v) + map[2] + (width / 2.0) - 0.5;
            var sy = (map[3] * u) + (map[4] * v) + map[5] + (height / 2.0) - 0.5;
            var (left, top) = (Math.Floor(sx), Math.Floor(sy));
            var sum = 0.0;
            for (var j = 0; j < 2; j++)
            {
                for (var i = 0; i < 2; i++)
                {
                    var weight = (i == 0 ? 1 - (sx - left) : sx - left) * (j == 0 ? 1 - (sy - top) : sy - top);
                    var inside = left + i >= 0 && left + i < width && top + j >= 0 && top + j < height;
                    sum += weight * (inside ? image[Pixels.At(c, (int)top + j, (int)left + i, height, width)] : fill);
                }
            }

            return sum;
        });
    }
}
