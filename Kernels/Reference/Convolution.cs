namespace Vantage.Kernels.Reference;

/// <summary>
/// A convolution of maps n x h x w x c by square kernels, outputs x inputs x kernel x kernel, a stride apart, zeros beyond the edges: y[n, i, j, o] is the sum over inputs c and taps (a, b) of
/// weight[o, c, a, b] x[n, i stride - padding + a, j stride - padding + b, c].
/// </summary>
public static class Convolution
{
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
        var rows = ((height + (2 * padding) - kernel) / stride) + 1;
        var columns = ((width + (2 * padding) - kernel) / stride) + 1;
        var gradient = new double[outputs * inputs * kernel * kernel];
        for (var at = 0; at < slopes.Length; at++) // as many images as there are slopes for
        {
            var (o, j, i, n) = (at % outputs, at / outputs % columns, at / outputs / columns % rows, at / outputs / columns / rows);
            for (var tap = 0; tap < kernel * kernel; tap++)
            {
                var (y, z) = ((i * stride) - padding + (tap / kernel), (j * stride) - padding + (tap % kernel));
                for (var c = 0; y >= 0 && y < height && z >= 0 && z < width && c < inputs; c++)
                {
                    gradient[(((o * inputs) + c) * kernel * kernel) + tap] += slopes[at] * x[(((((n * height) + y) * width) + z) * inputs) + c];
                }
            }
        }

        return gradient;
    }
}
