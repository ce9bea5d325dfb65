using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// Cuts out a box of whole pixels and resizes it: bilinear, antialiased, corners not aligned. The meaning is that of
/// PyTorch's <c>interpolate(mode="bilinear", antialias=True, align_corners=False)</c> applied to the box alone.
/// </summary>
/// <remarks>
/// Along each axis, output i looks at c = (i + 1/2) s, s = box / output, and weighs the pixel at j + 1/2 by a triangle of
/// half-width max(s, 1) around c; the weights inside the box are divided by their sum. So the triangle grows when shrinking.
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
    /// <returns>channels x outHeight x outWidth values.</returns>
    /// <exception cref="ArgumentException">The box is empty or leaves the image.</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, int top, int left, int boxHeight, int boxWidth, int outHeight, int outWidth)
    {
        Guard.Box(top, left, boxHeight, boxWidth, height, width);
        var rows = Weights(boxHeight, outHeight);
        var columns = Weights(boxWidth, outWidth);
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

                    result[(((c * outHeight) + y) * outWidth) + x] = sum;
                }
            }
        }

        return result;
    }

    /// <summary>For each output of one axis, the first input it sees and the weights of that one and those after it; their sum is 1.</summary>
    private static (int First, double[] Weights)[] Weights(int input, int output)
    {
        var result = new (int, double[])[output];
        var scale = (double)input / output;
        var support = Math.Max(scale, 1);
        for (var i = 0; i < output; i++)
        {
            var centre = scale * (i + 0.5);
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var weights = new double[Math.Min((int)(centre + support + 0.5), input) - first];
            var total = 0.0;
            for (var j = 0; j < weights.Length; j++)
            {
                weights[j] = Math.Max(0, 1 - Math.Abs((first + j + 0.5 - centre) / support));
                total += weights[j];
            }

            for (var j = 0; j < weights.Length; j++)
            {
                weights[j] /= total;
            }

            result[i] = (first, weights);
        }

        return result;
    }
}
