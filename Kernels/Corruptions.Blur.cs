using System;

namespace Vantage.Kernels;

// Blurs and movements of pixels.
public static partial class Corruptions
{
    /// <summary>
    /// Smoothed by a Gaussian of this deviation, then each pixel, from the last to the first and so many times, takes the colour of one up to so many pixels above and left of it or of itself, and
    /// smoothed again. (The published code means to swap the two, but NumPy's views make it a copy; so are the published images.)
    /// </summary>
    public static float[] GlassBlur(float[] values, int channels, int height, int width, double deviation, int reach, int times, CorruptionDraws draws)
    {
        var planes = Planes(GaussianBlur(values, height, width, deviation), channels);
        foreach (var plane in planes)
        {
            for (var i = 0; i < plane.Length; i++)
            {
                // Bytes were divided by 255 in float32: a little less than a whole number is that number.
                plane[i] = Math.Floor((255 * plane[i]) + 1e-4) / 255;
            }
        }

        for (var time = 0; time < times; time++)
        {
            for (var y = height - reach; y > reach; y--)
            {
                for (var x = width - reach; x > reach; x--)
                {
                    var across = (int)Math.Floor(draws.Uniform(-reach, reach));
                    var from = ((y + (int)Math.Floor(draws.Uniform(-reach, reach))) * width) + x + across;
                    foreach (var plane in planes)
                    {
                        plane[(y * width) + x] = plane[from];
                    }
                }
            }
        }

        return GaussianBlur(Joined(planes), height, width, deviation);
    }

    /// <summary>Moved along a direction between -45 and 45 degrees while it was taken: ImageMagick's motion blur of this radius and deviation in pixels, on bytes.</summary>
    public static float[] MotionBlur(float[] values, int channels, int height, int width, int radius, double deviation, CorruptionDraws draws)
    {
        var degrees = draws.Uniform(-45, 45);
        var planes = Planes(values, channels);
        for (var c = 0; c < channels; c++)
        {
            for (var i = 0; i < planes[c].Length; i++)
            {
                planes[c][i] = Math.Round(255 * Math.Clamp(planes[c][i], 0, 1));
            }

            planes[c] = Motion(planes[c], height, width, radius, deviation, degrees);
            for (var i = 0; i < planes[c].Length; i++)
            {
                planes[c][i] /= 255;
            }
        }

        return Joined(planes);
    }

    /// <summary>The mean of the image and of itself grown by 1, 1.01 .. up to a factor (SciPy's zoom of order 1).</summary>
    public static float[] ZoomBlur(float[] values, int channels, int height, int width, double most)
    {
        var planes = Planes(values, channels);
        // As numpy.arange (1, most, 0.01) counts and steps.
        var count = (int)Math.Ceiling((most - 1) / 0.01);
        var step = (1 + 0.01) - 1;
        for (var c = 0; c < channels; c++)
        {
            var sum = new double[planes[c].Length];
            for (var k = 0; k < count; k++)
            {
                var grown = ClippedZoom(planes[c], height, width, 1 + (k * step), true);
                for (var i = 0; i < sum.Length; i++)
                {
                    sum[i] += grown[i];
                }
            }

            for (var i = 0; i < sum.Length; i++)
            {
                planes[c][i] = (planes[c][i] + sum[i]) / (count + 1);
            }
        }

        return Joined(planes);
    }

    /// <summary>
    /// Three points of the image moved by up to so many pixels, and all others with them (OpenCV's warpAffine, whose places are 32nds of a pixel), then each pixel by a smooth random field: uniform
    /// in [-1, 1], smoothed by a Gaussian of this deviation, times a factor.
    /// </summary>
    public static float[] Elastic(
        float[] values, int channels, int height, int width, double factor, double deviation, double shift, CorruptionDraws draws)
    {
        double middleX = height / 2, middleY = width / 2, square = Math.Min(height, width) / 3;
        double[] from = [middleX + square, middleY + square, middleX + square, middleY - square, middleX - square, middleY - square];
        var to = new double[6];
        for (var i = 0; i < 6; i++)
        {
            to[i] = (float)((float)from[i] + (float)draws.Uniform(-shift, shift));
        }

        // From a place in the result to one in the image, the inverse of what takes `from` to `to`.
        var back = Affine(to, from);
        double[] Field()
        {
            var field = new double[height * width];
            for (var i = 0; i < field.Length; i++)
            {
                field[i] = draws.Uniform(-1, 1);
            }

            var smooth = deviation > 0 ? Smooth(field, height, width, deviation, 3, Reflected) : field;
            for (var i = 0; i < smooth.Length; i++)
            {
                smooth[i] = (float)(smooth[i] * factor);
            }

            return smooth;
        }

        double[] across = Field(), down = Field();
        var planes = Planes(values, channels);
        for (var c = 0; c < channels; c++)
        {
            var warped = new double[height * width];
            for (var p = 0; p < warped.Length; p++)
            {
                int y = p / width, x = p % width;
                var column = Thirtyseconds(back[0], x, back[1], y, back[2]);
                var row = Thirtyseconds(back[3], x, back[4], y, back[5]);
                warped[p] = (float)Between(planes[c], width, 0, 0, height, width, row, column, Mirrored);
            }

            for (var p = 0; p < warped.Length; p++)
            {
                planes[c][p] = Between(
                    warped, width, 0, 0, height, width, (p / width) + down[p], (p % width) + across[p], Reflected);
            }
        }

        return Joined(planes);
    }

    // OpenCV's sum of 1024ths, to the nearest 32nd.
    private static double Thirtyseconds(double ofX, int x, double ofY, int y, double shift)
    {
        var whole = (int)Math.Round(ofX * x * 1024) + (int)Math.Round(((ofY * y) + shift) * 1024) + 16;
        return (whole >> 5) / 32.0;
    }

    // a, b, c, d, e, f of x' = a x + b y + c, y' = d x + e y + f that takes three points x0, y0, x1 ... to three others.
    private static double[] Affine(double[] from, double[] to)
    {
        double x1 = from[2] - from[0], y1 = from[3] - from[1], x2 = from[4] - from[0], y2 = from[5] - from[1];
        var determinant = (x1 * y2) - (x2 * y1);
        var result = new double[6];
        for (var k = 0; k < 2; k++)
        {
            double u1 = to[2 + k] - to[k], u2 = to[4 + k] - to[k];
            var a = ((u1 * y2) - (u2 * y1)) / determinant;
            var b = ((u2 * x1) - (u1 * x2)) / determinant;
            result[3 * k] = a;
            result[(3 * k) + 1] = b;
            result[(3 * k) + 2] = to[k] - (a * from[0]) - (b * from[1]);
        }

        return result;
    }
}
