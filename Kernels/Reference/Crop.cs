using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// Cuts out a box of whole pixels and resizes it, corners not aligned. The meaning is that of PyTorch's
/// <c>interpolate(mode, antialias, align_corners=False)</c> applied to the box alone; bicubic results are clamped to [0, 1].
/// </summary>
/// <remarks>
/// Along each axis, output i looks at c = (i + 1/2) s, s = box / output, and weighs the pixel at j + 1/2 by k((j + 1/2 - c) / w). Bilinear: k the triangle
/// of half-width 1; bicubic: Keys' cubic of half-width 2, a = -0.5. w = max(s, 1), so that the kernel grows when shrinking; the weights inside the box are
/// divided by their sum. The plain filters have w = 1; plain bicubic has a = -0.75 and gives the weight of a pixel beyond the box to the edge pixel.
/// </remarks>
public static class Crop
{
    /// <summary>The box of an image, resized.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="top">First row of the box.</param>
    /// <param name="left">First column of the box.</param>
    /// <param name="boxHeight">Rows of the box.</param>
    /// <param name="boxWidth">Columns of the box.</param>
    /// <param name="outHeight">Rows of the result.</param>
    /// <param name="outWidth">Columns of the result.</param>
    /// <param name="filter">How to resample.</param>
    /// <returns>channels x outHeight x outWidth values.</returns>
    /// <exception cref="ArgumentException">The box is empty or leaves the image.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, int top, int left, int boxHeight, int boxWidth, int outHeight, int outWidth, Filter filter = Filter.Bilinear)
    {
        Guard.Box(top, left, boxHeight, boxWidth, height, width);
        var rows = Weights(boxHeight, outHeight, filter);
        var columns = Weights(boxWidth, outWidth, filter);
        var result = new double[channels * outHeight * outWidth];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < outHeight; y++)
            {
                for (var x = 0; x < outWidth; x++)
                {
                    var sum = 0.0;
                    for (var j = 0; j < rows[y].Weights.Length; j++)
                    {
                        for (var i = 0; i < columns[x].Weights.Length; i++)
                        {
                            var pixel = image[(((c * height) + top + rows[y].First + j) * width) + left + columns[x].First + i];
                            sum += rows[y].Weights[j] * columns[x].Weights[i] * pixel;
                        }
                    }

                    result[(((c * outHeight) + y) * outWidth) + x] = Cubic(filter) ? Math.Clamp(sum, 0, 1) : sum;
                }
            }
        }

        return result;
    }

    /// <summary>Whether results may leave the range of the image.</summary>
    internal static bool Cubic(Filter filter) => filter is Filter.Bicubic or Filter.BicubicPlain;

    /// <summary>The weight of a pixel at this distance, in units of w.</summary>
    internal static double Kernel(Filter filter, double distance)
    {
        var t = Math.Abs(distance);
        if (!Cubic(filter))
        {
            return Math.Max(0, 1 - t);
        }

        var a = filter == Filter.Bicubic ? -0.5 : -0.75;
        return t < 1 ? (((a + 2) * t) - (a + 3)) * t * t + 1
            : t < 2 ? ((((t - 5) * t) + 8) * t - 4) * a
            : 0;
    }

    /// <summary>For each output of one axis, the first input it sees and the weights of that one and those after it; their sum is 1.</summary>
    private static (int First, double[] Weights)[] Weights(int input, int output, Filter filter)
    {
        var result = new (int, double[])[output];
        var scale = (double)input / output;
        var stretch = filter is Filter.Bilinear or Filter.Bicubic ? Math.Max(scale, 1) : 1;
        var support = (Cubic(filter) ? 2 : 1) * stretch;
        for (var i = 0; i < output; i++)
        {
            var centre = scale * (i + 0.5);
            var (low, high) = ((int)Math.Floor(centre - support + 0.5), (int)Math.Floor(centre + support + 0.5));
            var first = Math.Clamp(low, 0, input - 1);
            var weights = new double[Math.Clamp(high, first + 1, input) - first];
            var total = 0.0;
            for (var j = low; j < high; j++)
            {
                var inside = Math.Clamp(j, 0, input - 1);
                var weight = j == inside || filter == Filter.BicubicPlain ? Kernel(filter, (j + 0.5 - centre) / stretch) : 0;
                weights[inside - first] += weight;
                total += weight;
            }

            result[i] = (first, Array.ConvertAll(weights, w => w / total));
        }

        return result;
    }
}
