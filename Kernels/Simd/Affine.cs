using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Bilinear resampling by an affine map, from the front planes to the back ones. For each row, where its pixels look and how they weigh is worked out once, then used
/// by every channel. Places are computed in double, so that float32 rounding never moves a pixel.
/// </summary>
internal static class Affine
{
    internal static void Apply(Scratch scratch, Step step)
    {
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        result.Resize(source.Channels, height, width);
        var places = Scratch.Need(ref scratch.Places, 2 * width).AsSpan(0, 2 * width);
        var shares = Scratch.Need(ref scratch.Row, 2 * width).AsSpan(0, 2 * width);
        for (var y = 0; y < height; y++)
        {
            Look(step, y, height, width, places, shares);
            for (var c = 0; c < source.Channels; c++)
            {
                Row(source.Plane(c), height, width, places, shares, step.G, result.Plane(c).Slice(y * width, width));
            }
        }

        scratch.Swap();
    }

    /// <summary>For each pixel of a row the column and row of the first of its four neighbours, and how far it lies beyond it.</summary>
    private static void Look(Step step, int y, int height, int width, Span<int> places, Span<float> shares)
    {
        var v = y + 0.5 - (height / 2.0);
        for (var x = 0; x < width; x++)
        {
            var u = x + 0.5 - (width / 2.0);
            var sx = (step.A * u) + (step.B * v) + step.C + (width / 2.0) - 0.5;
            var sy = (step.D * u) + (step.E * v) + step.F + (height / 2.0) - 0.5;
            var (left, top) = (Math.Floor(sx), Math.Floor(sy));
            (places[2 * x], places[(2 * x) + 1]) = ((int)left, (int)top);
            (shares[2 * x], shares[(2 * x) + 1]) = ((float)(sx - left), (float)(sy - top));
        }
    }

    private static void Row(ReadOnlySpan<float> plane, int height, int width, ReadOnlySpan<int> places, ReadOnlySpan<float> shares, float fill, Span<float> row)
    {
        ref var from = ref MemoryMarshal.GetReference(plane);
        for (var x = 0; x < row.Length; x++)
        {
            var (left, top) = (places[2 * x], places[(2 * x) + 1]);
            float p, q, r, s;
            if ((uint)left < (uint)(width - 1) && (uint)top < (uint)(height - 1))
            {
                ref var at = ref Unsafe.Add(ref from, (top * width) + left);
                (p, q, r, s) = (at, Unsafe.Add(ref at, 1), Unsafe.Add(ref at, width), Unsafe.Add(ref at, width + 1));
            }
            else
            {
                (p, q) = (At(plane, height, width, top, left, fill), At(plane, height, width, top, left + 1, fill));
                (r, s) = (At(plane, height, width, top + 1, left, fill), At(plane, height, width, top + 1, left + 1, fill));
            }

            var (upper, lower) = (p + (shares[2 * x] * (q - p)), r + (shares[2 * x] * (s - r)));
            row[x] = upper + (shares[(2 * x) + 1] * (lower - upper));
        }
    }

    private static float At(ReadOnlySpan<float> plane, int height, int width, int y, int x, float fill) =>
        (uint)y < (uint)height && (uint)x < (uint)width ? plane[(y * width) + x] : fill;
}
