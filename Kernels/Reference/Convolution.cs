using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// A convolution of maps n x h x w x c by square kernels, outputs x inputs x kernel x kernel, a stride apart, zeros beyond the edges: y[n, i, j, o] is the sum over inputs c and taps (a, b) of
/// weight[o, c, a, b] x[n, i stride - padding + a, j stride - padding + b, c].
/// </summary>
public static class Convolution
{
    /// <summary>What comes out, n x rows x columns x outputs.</summary>
    /// <param name="x">n x height x width x inputs values.</param>
    /// <param name="weights">outputs x inputs x kernel x kernel values.</param>
    /// <param name="height">Rows of the maps.</param>
    /// <param name="width">Columns of the maps.</param>
    /// <param name="inputs">Channels of the maps.</param>
    /// <param name="outputs">Channels of what comes out.</param>
    /// <param name="kernel">The side of a kernel.</param>
    /// <param name="stride">From a place to the next.</param>
    /// <param name="padding">Zeros beyond each edge.</param>
    public static double[] Forward(
        double[] x, double[] weights, int height, int width, int inputs, int outputs, int kernel, int stride, int padding)
    {
        var y = new double[x.Length / (height * width * inputs) * Steps(height, kernel, stride, padding) * Steps(width, kernel, stride, padding) * outputs];
        Each(y.Length, height, width, inputs, outputs, kernel, stride, padding, (at, weight, from) => y[at] += weights[weight] * x[from]);
        return y;
    }

    /// <summary>The gradient of a loss with these slopes with respect to y: of the maps.</summary>
    /// <param name="slopes">n x rows x columns x outputs values.</param>
    /// <param name="weights">outputs x inputs x kernel x kernel values.</param>
    /// <param name="height">Rows of the maps.</param>
    /// <param name="width">Columns of the maps.</param>
    /// <param name="inputs">Channels of the maps.</param>
    /// <param name="outputs">Channels of what comes out.</param>
    /// <param name="kernel">The side of a kernel.</param>
    /// <param name="stride">From a place to the next.</param>
    /// <param name="padding">Zeros beyond each edge.</param>
    public static double[] Maps(
        double[] slopes, double[] weights, int height, int width, int inputs, int outputs, int kernel, int stride, int padding)
    {
        var images = slopes.Length / (Steps(height, kernel, stride, padding) * Steps(width, kernel, stride, padding) * outputs);
        var gradient = new double[images * height * width * inputs];
        Each(
            slopes.Length, height, width, inputs, outputs, kernel, stride, padding, (at, weight, from) => gradient[from] += weights[weight] * slopes[at]);
        return gradient;
    }

    /// <summary>The gradient of a loss with these slopes with respect to y: of the weights.</summary>
    /// <param name="x">n x height x width x inputs values.</param>
    /// <param name="slopes">n x rows x columns x outputs values.</param>
    /// <param name="height">Rows of the maps.</param>
    /// <param name="width">Columns of the maps.</param>
    /// <param name="inputs">Channels of the maps.</param>
    /// <param name="outputs">Channels of what comes out.</param>
    /// <param name="kernel">The side of a kernel.</param>
    /// <param name="stride">From a place to the next.</param>
    /// <param name="padding">Zeros beyond each edge.</param>
    public static double[] Weights(
        double[] x, double[] slopes, int height, int width, int inputs, int outputs, int kernel, int stride, int padding)
    {
        var gradient = new double[outputs * inputs * kernel * kernel];
        Each(slopes.Length, height, width, inputs, outputs, kernel, stride, padding, (at, weight, from) => gradient[weight] += slopes[at] * x[from]);
        return gradient;
    }

    private static int Steps(int length, int kernel, int stride, int padding) => ((length + (2 * padding) - kernel) / stride) + 1;

    // Every product of the sums: which value comes out, by which weight, from which value of the maps.
    private static void Each(
        int count, int height, int width, int inputs, int outputs, int kernel, int stride, int padding, Action<int, int, int> product)
    {
        var (rows, columns) = (Steps(height, kernel, stride, padding), Steps(width, kernel, stride, padding));
        for (var at = 0; at < count; at++)
        {
            var (o, j, i, n) = (at % outputs, at / outputs % columns, at / outputs / columns % rows, at / outputs / columns / rows);
            for (var tap = 0; tap < kernel * kernel; tap++)
            {
                var (y, z) = ((i * stride) - padding + (tap / kernel), (j * stride) - padding + (tap % kernel));
                for (var c = 0; y >= 0 && y < height && z >= 0 && z < width && c < inputs; c++)
                {
                    product(at, (((o * inputs) + c) * kernel * kernel) + tap, (((((n * height) + y) * width) + z) * inputs) + c);
                }
            }
        }
    }
}
