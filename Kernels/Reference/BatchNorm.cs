using System;

namespace Vantage.Kernels.Reference;

/// <summary>
/// Batch norm of rows of channels (Ioffe and Szegedy 2015, algorithm 1), and what residual networks do after it: y = max(0, scale (x - mean) / sqrt(variance + epsilon) +
/// offset + beside). The mean and the variance (divided by the number of rows) are those of each channel over all rows. Beside and max(0, .) can be left out.
/// </summary>
public static class BatchNorm
{
    /// <summary>Rows x channels values y, with the means and variances.</summary>
    /// <param name="x">Rows x channels values.</param>
    /// <param name="beside">As many values that are added, or none.</param>
    /// <param name="scale">One for each channel.</param>
    /// <param name="offset">One for each channel.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="positive">Whether what is below 0 becomes 0.</param>
    public static (double[] Y, double[] Mean, double[] Variance) Forward(
        double[] x, double[]? beside, double[] scale, double[] offset, double epsilon, bool positive)
    {
        var channels = scale.Length;
        var rows = x.Length / channels;
        var (y, mean, variance) = (new double[x.Length], new double[channels], new double[channels]);
        for (var c = 0; c < channels; c++)
        {
            for (var i = 0; i < rows; i++)
            {
                mean[c] += x[(i * channels) + c] / rows;
            }

            for (var i = 0; i < rows; i++)
            {
                variance[c] += Math.Pow(x[(i * channels) + c] - mean[c], 2) / rows;
            }

            for (var i = 0; i < rows; i++)
            {
                var at = (i * channels) + c;
                var value = (scale[c] * (x[at] - mean[c]) / Math.Sqrt(variance[c] + epsilon)) + offset[c] + (beside is null ? 0 : beside[at]);
                y[at] = positive ? Math.Max(0, value) : value;
            }
        }

        return (y, mean, variance);
    }

    /// <summary>The gradients of a loss with these slopes with respect to y: of x, of what was added, of the scale and of the offset.</summary>
    public static (double[] X, double[] Beside, double[] Scale, double[] Offset) Backward(
        double[] x, double[] y, double[] slopes, double[] scale, double epsilon, bool positive)
    {
        var channels = scale.Length;
        var rows = x.Length / channels;
        var (dx, passed, dscale, doffset) = (new double[x.Length], new double[x.Length], new double[channels], new double[channels]);
        var (_, mean, variance) = Forward(x, null, scale, new double[channels], epsilon, false);
        for (var c = 0; c < channels; c++)
        {
            var deviation = Math.Sqrt(variance[c] + epsilon);
            for (var at = c; at < x.Length; at += channels)
            {
                passed[at] = positive && !(y[at] > 0) ? 0 : slopes[at];
                doffset[c] += passed[at];
                dscale[c] += passed[at] * (x[at] - mean[c]) / deviation;
            }

            for (var at = c; at < x.Length; at += channels)
            {
                dx[at] = scale[c] / deviation * (passed[at] - (doffset[c] / rows) - ((x[at] - mean[c]) / deviation * dscale[c] / rows));
            }
        }

        return (dx, passed, dscale, doffset);
    }
}
