using System;

namespace Vantage.Kernels.Simd;

/// <summary>What each row of <see cref="CrossEntropyRows"/> should say.</summary>
public readonly ref struct RowTarget
{
    private RowTarget(ReadOnlySpan<float> values, ReadOnlySpan<float> centre, ReadOnlySpan<long> labels, double scale, bool divergence, bool most = false, double threshold = -1)
    {
        Values = values;
        Centre = centre;
        Labels = labels;
        (Scale, Divergence, Most, Threshold) = (scale, divergence, most, threshold);
    }

    /// <summary>Distributions or logits.</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>What is taken from logits first, or nothing.</summary>
    public ReadOnlySpan<float> Centre { get; }

    /// <summary>Columns, or nothing.</summary>
    public ReadOnlySpan<long> Labels { get; }

    /// <summary>What multiplies logits; 0 where values are distributions.</summary>
    public double Scale { get; }

    /// <summary>Whether the entropy of the target is taken off: a divergence, 0 where both agree.</summary>
    public bool Divergence { get; }

    /// <summary>Whether the target is the first of the largest logits alone.</summary>
    public bool Most { get; }

    /// <summary>Rows whose largest probability, before logits are scaled, is below this count as 0 (or equal to it, unless <see cref="Most"/>); negative: all count.</summary>
    public double Threshold { get; }

    /// <summary>The column of each row.</summary>
    public static RowTarget Label(ReadOnlySpan<long> labels) => new([], [], labels, 0, false);

    /// <summary>Given weights of all columns, which need not sum to 1.</summary>
    public static RowTarget Distribution(ReadOnlySpan<float> values) => new(values, [], [], 0, false);

    /// <summary>softmax(scale (values - centre)).</summary>
    public static RowTarget Softmax(ReadOnlySpan<float> values, ReadOnlySpan<float> centre, double scale, bool divergence) =>
        new(values, centre, [], scale, divergence);

    /// <summary>The divergence from softmax(scale values) of rows whose largest probability is above the confidence.</summary>
    public static RowTarget Sure(ReadOnlySpan<float> values, double scale, double confidence) => new(values, [], [], scale, true, false, confidence);

    /// <summary>The most likely column, of rows where its probability is at least the threshold.</summary>
    public static RowTarget Likely(ReadOnlySpan<float> values, double threshold) => new(values, [], [], 1, false, true, threshold);
}
