using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Cross-entropy of the softmax of rows with labels, with given distributions or with the softmax of other rows, in float32 on the CPU, and its gradient: one pass over
/// memory in place of one for each step. Answers are the same bits for any number of threads.
/// </summary>
public static unsafe class CrossEntropyRows
{
    /// <summary>sum_i weight_i (- sum_k q_ik log softmax(scale x_i)_k), and share times its gradient with respect to x.</summary>
    /// <param name="x">Rows x width values, row-major.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="scale">1 / temperature, positive.</param>
    /// <param name="target">What q is.</param>
    /// <param name="weights">One for each row, or none: all are 1.</param>
    /// <param name="share">Multiplies the gradient.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="gradient">As many values as x.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, a label is none of the columns, or there are no vectors of so many bits.</exception>
    public static double Loss(
        ReadOnlySpan<float> x, int width, double scale, RowTarget target, ReadOnlySpan<float> weights, double share, int threads, Span<float> gradient, int bits)
    {
        var rows = width < 1 ? 0 : x.Length / width;
        var labelled = target.Labels.Length > 0;
        if (rows < 1 || x.Length != (long)rows * width || gradient.Length != x.Length || (weights.Length != 0 && weights.Length != rows)
            || (labelled ? target.Labels.Length != rows : target.Values.Length != x.Length) || (target.Centre.Length != 0 && target.Centre.Length != width))
        {
            throw new ArgumentException(
                $"{x.Length} values, {gradient.Length} slopes, {weights.Length} weights, {target.Values.Length} target values, {target.Labels.Length} labels and a centre of {target.Centre.Length} do not fit rows of {width}");
        }

        foreach (var label in target.Labels)
        {
            if (label < 0 || label >= width)
            {
                throw new ArgumentException($"a label is {label}: labels lie from 0 to {width - 1}");
            }
        }

        fixed (float* values = x, other = target.Values, centre = target.Centre, weight = weights, to = gradient)
        {
            fixed (long* labels = target.Labels)
            {
                var sides = new Sides
                {
                    Rows = rows,
                    Width = width,
                    Values = values,
                    Targets = other,
                    Centre = centre,
                    Weights = weight,
                    Gradient = to,
                    Labels = labels,
                    Scale = scale,
                    TargetScale = target.Scale,
                    Share = share,
                    Divergence = target.Divergence,
                    Most = target.Most,
                    Threshold = (float)target.Threshold,
                };
                return bits switch
                {
                    512 => new RowEntropy<Lanes512, Vector512<float>>(sides).Run(threads),
                    256 => new RowEntropy<Lanes256, Vector256<float>>(sides).Run(threads),
                    32 => new RowEntropy<Lanes1, float>(sides).Run(threads),
                    _ => throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32"),
                };
            }
        }
    }

    /// <summary>Where everything lies; null where there is none.</summary>
    internal struct Sides
    {
        public int Rows, Width;
        public float* Values, Targets, Centre, Weights, Gradient;
        public long* Labels;
        public double Scale, TargetScale, Share;
        public float Threshold;
        public bool Divergence, Most;
    }
}
