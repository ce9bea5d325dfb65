using System;

namespace Vantage.Kernels.Simd;

/// <summary>For each output of one axis of a resize: the first input it sees, how many, and their weights. See Reference/Crop.cs.</summary>
internal sealed class AxisWeights
{
    private int[] first = new int[64];
    private int[] count = new int[64];
    private float[] weights = new float[256];

    /// <summary>Weights from one output to the next.</summary>
    internal int Taps { get; private set; }

    internal int First(int output) => first[output];

    internal ReadOnlySpan<float> Of(int output) => weights.AsSpan(output * Taps, count[output]);

    /// <summary>Works the weights out in double precision, times <paramref name="gain"/>; outer weights of exactly 0 are left out.</summary>
    internal void Set(int input, int output, double gain, Filter filter)
    {
        var scale = (double)input / output;
        var stretch = filter is Filter.Bilinear or Filter.Bicubic ? Math.Max(scale, 1) : 1;
        var support = (Reference.Crop.Cubic(filter) ? 2 : 1) * stretch;
        var inverse = 1 / stretch;
        Taps = (int)(2 * support) + 2;
        Scratch.Need(ref first, output);
        Scratch.Need(ref count, output);
        Scratch.Need(ref weights, checked(output * Taps));
        for (var i = 0; i < output; i++)
        {
            var centre = scale * (i + 0.5);
            if (filter == Filter.BicubicPlain)
            {
                Plain(i, input, centre, gain);
            }
            else
            {
                Inside(i, input, centre, support, inverse, gain, filter);
            }
        }
    }

    private static double Triangle(int j, double centre, double inverse) => Math.Max(0, 1 - Math.Abs((j + 0.5 - centre) * inverse));

    private static double Weight(int j, double centre, double inverse, Filter filter) =>
        filter == Filter.Bicubic ? Reference.Crop.Kernel(filter, (j + 0.5 - centre) * inverse) : Triangle(j, centre, inverse);

    private void Inside(int i, int input, double centre, double support, double inverse, double gain, Filter filter)
    {
        var start = Math.Max((int)(centre - support + 0.5), 0);
        var end = Math.Min((int)(centre + support + 0.5), input);
        var total = 0.0;
        for (var j = start; j < end; j++)
        {
            total += Weight(j, centre, inverse, filter);
        }

        while (end - 1 > start && Weight(end - 1, centre, inverse, filter) == 0)
        {
            end--;
        }

        while (start + 1 < end && Weight(start, centre, inverse, filter) == 0)
        {
            start++;
        }

        (first[i], count[i]) = (start, end - start);
        for (var j = start; j < end; j++)
        {
            weights[(i * Taps) + j - start] = (float)(gain / total * Weight(j, centre, inverse, filter));
        }
    }

    /// <summary>Plain bicubic: the four nearest, those beyond the edge counted for the edge.</summary>
    private void Plain(int i, int input, double centre, double gain)
    {
        var low = (int)Math.Floor(centre - 1.5);
        var (start, end) = (Math.Clamp(low, 0, input - 1), Math.Clamp(low + 3, 0, input - 1) + 1);
        (first[i], count[i]) = (start, end - start);
        weights.AsSpan(i * Taps, end - start).Clear();
        for (var j = low; j < low + 4; j++)
        {
            weights[(i * Taps) + Math.Clamp(j, 0, input - 1) - start] += (float)(gain * Reference.Crop.Kernel(Filter.BicubicPlain, j + 0.5 - centre));
        }
    }
}
