using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>Blends with the 3 x 3 smoothed image, a vector of pixels at a time, from the front planes to the back ones.</summary>
internal static class Sharpness
{
    internal static void Apply<TLanes, TVector>(Scratch scratch, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        result.Resize(source.Channels, height, width);
        for (var c = 0; c < source.Channels; c++)
        {
            source.Plane(c)[..source.Pixels].CopyTo(result.Plane(c));
            for (var y = 1; y < height - 1 && width > 2; y++)
            {
                Row<TLanes, TVector>(source.Plane(c)[((y - 1) * width)..], result.Plane(c)[(y * width)..], width, factor);
                // What full vectors wrote beyond the last inner pixel: the edge pixel, and the start of the next row.
                source.Plane(c)[((y * width) + width - 1)..Math.Min((y * width) + width + TLanes.Count, source.Pixels)].CopyTo(result.Plane(c)[((y * width) + width - 1)..]);
            }
        }

        scratch.Swap();
    }

    private static void Row<TLanes, TVector>(ReadOnlySpan<float> above, Span<float> row, int width, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetReference(above);
        ref var to = ref MemoryMarshal.GetReference(row);
        var (own, smooth) = (TLanes.Create((float)(factor + (4 * (1.0 - factor) / 13))), TLanes.Create((float)((1.0 - factor) / 13)));
        for (var x = 1; x < width - 1; x += TLanes.Count)
        {
            var sum = TLanes.Create(0);
            for (var j = 0; j < 3; j++)
            {
                ref var at = ref Unsafe.Add(ref from, (j * width) + x - 1);
                sum = TLanes.Add(sum, TLanes.Add(TLanes.Load(ref at), TLanes.Add(TLanes.Load(ref Unsafe.Add(ref at, 1)), TLanes.Load(ref Unsafe.Add(ref at, 2)))));
            }

            var centre = TLanes.Load(ref Unsafe.Add(ref from, width + x));
            TLanes.Store(Brightness.Clamp<TLanes, TVector>(TLanes.MultiplyAdd(sum, smooth, TLanes.Multiply(centre, own))), ref Unsafe.Add(ref to, x));
        }
    }
}
