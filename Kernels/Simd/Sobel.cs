using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>The gradient's length: three rows of grey with repeated edges, then a vector of pixels at a time.</summary>
internal static class Sobel
{
    internal static void Apply<TLanes, TVector>(Scratch scratch, float gain)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        ColourPass.InPlace<TLanes, TVector>(source, source.Channels == 3 ? [Grayscale.Step] : [], false);
        result.Resize(source.Channels, height, width);
        var stride = width + 2 + TLanes.Count;
        var rows = Scratch.Need(ref scratch.Row, 3 * stride);
        for (var y = 0; y < height; y++)
        {
            for (var j = 0; j < 3; j++)
            {
                var row = rows.AsSpan(j * stride, stride);
                source.Plane(0).Slice(Math.Clamp(y + j - 1, 0, height - 1) * width, width).CopyTo(row[1..]);
                (row[0], row[width + 1]) = (row[1], row[width]);
            }

            Row<TLanes, TVector>(rows, stride, result.Plane(0)[(y * width)..], width, gain);
        }

        for (var c = 1; c < result.Channels; c++)
        {
            result.Plane(0)[..result.Pixels].CopyTo(result.Plane(c));
        }

        scratch.Swap();
    }

    private static void Row<TLanes, TVector>(float[] rows, int stride, Span<float> result, int width, float gain)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var above = ref MemoryMarshal.GetArrayDataReference(rows);
        ref var middle = ref Unsafe.Add(ref above, stride);
        ref var below = ref Unsafe.Add(ref middle, stride);
        ref var to = ref MemoryMarshal.GetReference(result);
        var two = TLanes.Create(2);
        for (var x = 0; x < width; x += TLanes.Count)
        {
            var (a, b, c) = (TLanes.Load(ref Unsafe.Add(ref above, x)), TLanes.Load(ref Unsafe.Add(ref above, x + 1)), TLanes.Load(ref Unsafe.Add(ref above, x + 2)));
            var (d, e) = (TLanes.Load(ref Unsafe.Add(ref middle, x)), TLanes.Load(ref Unsafe.Add(ref middle, x + 2)));
            var (f, g, h) = (TLanes.Load(ref Unsafe.Add(ref below, x)), TLanes.Load(ref Unsafe.Add(ref below, x + 1)), TLanes.Load(ref Unsafe.Add(ref below, x + 2)));
            var across = TLanes.MultiplyAdd(TLanes.Subtract(e, d), two, TLanes.Add(TLanes.Subtract(c, a), TLanes.Subtract(h, f)));
            var down = TLanes.MultiplyAdd(TLanes.Subtract(g, b), two, TLanes.Add(TLanes.Subtract(f, a), TLanes.Subtract(h, c)));
            var length = TLanes.Sqrt(TLanes.MultiplyAdd(across, across, TLanes.Multiply(down, down)));
            TLanes.Store(TLanes.Min(TLanes.Create(1), TLanes.Multiply(length, TLanes.Create(gain))), ref Unsafe.Add(ref to, x));
        }
    }
}
