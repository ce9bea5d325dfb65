using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The horizontal half of a resize without a gather instruction. A vector of outputs is a sum of terms; a term loads a vector of
/// inputs at one offset, permutes its lanes and multiplies by weights. Tap k of all lanes is one term for each vector of inputs
/// that they reach; lanes that reach elsewhere have weight 0. When enlarging, a vector of outputs takes two or three terms.
/// </summary>
internal sealed class Gather
{
    private int[] firstTerm = new int[16];
    private int[] offsets = new int[64];
    private int[] lanes = new int[1024];
    private float[] weights = new float[1024];
    private int terms;

    /// <summary>Terms of output vector v are firstTerm[v] .. firstTerm[v + 1].</summary>
    internal ReadOnlySpan<int> FirstTerm => firstTerm;

    /// <summary>Where each term loads.</summary>
    internal ReadOnlySpan<int> Offsets => offsets;

    /// <summary>Count lane numbers for each term.</summary>
    internal ReadOnlySpan<int> Lanes => lanes;

    /// <summary>Count weights for each term.</summary>
    internal ReadOnlySpan<float> Weights => weights;

    /// <summary>One past the last input that any term loads: so long must a row be, its padding included.</summary>
    internal int Reach { get; private set; }

    /// <summary>Turns the weights of each column into terms for vectors of <paramref name="width"/> lanes; mirrored reverses the outputs.</summary>
    internal void Set(AxisWeights columns, int output, int width, bool mirrored)
    {
        var vectors = (output + width - 1) / width;
        Scratch.Need(ref firstTerm, vectors + 1);
        (terms, Reach) = (0, 0);
        for (var v = 0; v < vectors; v++)
        {
            firstTerm[v] = terms;
            Vector(columns, output, width, v * width, mirrored);
        }

        firstTerm[vectors] = terms;
    }

    private void Vector(AxisWeights columns, int output, int width, int start, bool mirrored)
    {
        var used = Math.Min(width, output - start);
        var (low, high, taps) = (int.MaxValue, 0, 0);
        for (var lane = 0; lane < used; lane++)
        {
            var column = mirrored ? output - 1 - start - lane : start + lane;
            var first = columns.First(column);
            (low, high, taps) = (Math.Min(low, first), Math.Max(high, first), Math.Max(taps, columns.Of(column).Length));
        }

        for (var tap = 0; tap < taps; tap++)
        {
            for (var offset = low + tap; offset <= high + tap; offset += width)
            {
                Term(columns, output, width, start, used, mirrored, tap, offset);
            }
        }
    }

    private void Term(AxisWeights columns, int output, int width, int start, int used, bool mirrored, int tap, int offset)
    {
        if (offsets.Length == terms)
        {
            Array.Resize(ref offsets, 2 * terms);
        }

        if (lanes.Length < (terms + 1) * width)
        {
            Array.Resize(ref lanes, 2 * lanes.Length);
            Array.Resize(ref weights, 2 * weights.Length);
        }

        var lane = lanes.AsSpan(terms * width, width);
        var weight = weights.AsSpan(terms * width, width);
        lane.Clear();
        weight.Clear();
        var any = false;
        for (var i = 0; i < used; i++)
        {
            var column = mirrored ? output - 1 - start - i : start + i;
            var of = columns.Of(column);
            var position = columns.First(column) + tap - offset;
            if (tap < of.Length && (uint)position < (uint)width)
            {
                (lane[i], weight[i]) = (position, of[tap]);
                any = true;
            }
        }

        if (any)
        {
            offsets[terms++] = offset;
            Reach = Math.Max(Reach, offset + width);
        }
    }
}
