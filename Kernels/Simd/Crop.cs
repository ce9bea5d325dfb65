using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// A crop, its resize and a flip as one warp: for each output row, the vertical pass (vectors along the row, bytes turned to
/// float on the way), then the horizontal pass by permutations (<see cref="Gather"/>), while the row sits in the L1 cache.
/// </summary>
internal static class Crop
{
    /// <summary>
    /// The box of <paramref name="source"/>, resized to the planes' size. A source of bytes is scaled to [0, 1]. The source must
    /// hold a full vector beyond its last pixel.
    /// </summary>
    internal static void Warp<TLanes, TVector, TElement>(
        ReadOnlySpan<TElement> source, int sourceStride, int sourceWidth, int top, int left, int boxHeight, int boxWidth, Filter filter, bool mirrored, Planes result, Scratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TElement : unmanaged
    {
        scratch.Rows.Set(boxHeight, result.Height, typeof(TElement) == typeof(byte) ? 1 / 255.0 : 1, filter);
        scratch.Columns.Set(boxWidth, result.Width, 1, filter);
        scratch.Gather.Set(scratch.Columns, result.Width, TLanes.Count, mirrored);
        var row = Scratch.Need(ref scratch.Row, Math.Max(boxWidth + TLanes.Count, scratch.Gather.Reach));
        for (var c = 0; c < result.Channels; c++)
        {
            var box = source[((c * sourceStride) + (top * sourceWidth) + left)..];
            var plane = result.Plane(c);
            for (var y = 0; y < result.Height; y++)
            {
                Vertical<TLanes, TVector, TElement>(box[(scratch.Rows.First(y) * sourceWidth)..], sourceWidth, scratch.Rows.Of(y), row, boxWidth);
                Horizontal<TLanes, TVector>(row, scratch.Gather, plane[(y * result.Width)..], result.Width);
            }
        }
    }

    private static void Vertical<TLanes, TVector, TElement>(ReadOnlySpan<TElement> source, int stride, ReadOnlySpan<float> weights, float[] row, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TElement : unmanaged
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetArrayDataReference(row);
        for (var x = 0; x < width; x += TLanes.Count)
        {
            var sum = TLanes.Create(0);
            for (var k = 0; k < weights.Length; k++)
            {
                sum = TLanes.MultiplyAdd(Load<TLanes, TVector, TElement>(ref Unsafe.Add(ref from, (k * stride) + x)), TLanes.Create(weights[k]), sum);
            }

            TLanes.Store(sum, ref Unsafe.Add(ref to, x));
        }
    }

    private static void Horizontal<TLanes, TVector>(float[] row, Gather gather, Span<float> result, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetArrayDataReference(row);
        ref var to = ref MemoryMarshal.GetReference(result);
        ref var lanes = ref MemoryMarshal.GetReference(gather.Lanes);
        ref var weights = ref MemoryMarshal.GetReference(gather.Weights);
        var offsets = gather.Offsets;
        var firstTerm = gather.FirstTerm;
        for (var (x, v) = (0, 0); x < width; x += TLanes.Count, v++)
        {
            var sum = TLanes.Create(0);
            for (var t = firstTerm[v]; t < firstTerm[v + 1]; t++)
            {
                var inputs = TLanes.Permute(TLanes.Load(ref Unsafe.Add(ref from, offsets[t])), ref Unsafe.Add(ref lanes, t * TLanes.Count));
                sum = TLanes.MultiplyAdd(inputs, TLanes.Load(ref Unsafe.Add(ref weights, t * TLanes.Count)), sum);
            }

            // Weights that sum to 1 only after rounding, or that are negative, must not leave [0, 1]. What a full vector writes beyond
            // the row, the next row writes over, or is padding.
            TLanes.Store(Brightness.Clamp<TLanes, TVector>(sum), ref Unsafe.Add(ref to, x));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load<TLanes, TVector, TElement>(ref TElement source)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TElement : unmanaged =>
        typeof(TElement) == typeof(byte)
            ? TLanes.LoadBytes(ref Unsafe.As<TElement, byte>(ref source))
            : TLanes.Load(ref Unsafe.As<TElement, float>(ref source));
}
