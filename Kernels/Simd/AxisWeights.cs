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
    internal void Set(int input, int output, double gain)
    {
        var scale = (double)input / output;
        var support = Math.Max(scale, 1);
        var inverse = 1 / support;
        Taps = (int)(2 * support) + 2;
        Scratch.Need(ref first, output);
        Scratch.Need(ref count, output);
        Scratch.Need(ref weights, checked(output * Taps));
        for (var i = 0; i < output; i++)
        {
            var centre = scale * (i + 0.5);
            var start = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), input);
            var total = 0.0;
            for (var j = start; j < end; j++)
            {
                total += Triangle(j, centre, inverse);
            }

            while (end - 1 > start && Triangle(end - 1, centre, inverse) == 0)
            {
                end--;
            }

            while (start + 1 < end && Triangle(start, centre, inverse) == 0)
            {
                start++;
            }

            (first[i], count[i]) = (start, end - start);
            for (var j = start; j < end; j++)
            {
                weights[(i * Taps) + j - start] = (float)(gain / total * Triangle(j, centre, inverse));
            }
        }
    }

    private static double Triangle(int j, double centre, double inverse) => Math.Max(0, 1 - Math.Abs((j + 0.5 - centre) * inverse));
}
