using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>Pillow's Gaussian: three box blurs along the rows, each in one padded row, then three along the columns between the planes.</summary>
internal static class BoxBlur
{
    internal static void Apply<TLanes, TVector>(Scratch scratch, float sigma)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (whole, inner, outer) = Reference.BoxBlur.Box(sigma);
        var planes = scratch.Front;
        var pad = whole + 1;
        var row = Scratch.Need(ref scratch.Row, planes.Width + (2 * pad) + TLanes.Count);
        for (var c = 0; c < planes.Channels; c++)
        {
            for (var y = 0; y < planes.Height; y++)
            {
                var line = planes.Plane(c).Slice(y * planes.Width, planes.Width);
                for (var pass = 0; pass < Reference.BoxBlur.Passes; pass++)
                {
                    row.AsSpan(0, pad).Fill(line[0]);
                    line.CopyTo(row.AsSpan(pad));
                    row.AsSpan(pad + line.Length, pad).Fill(line[^1]);
                    Line<TLanes, TVector>(row, line, whole, (float)inner, (float)outer);
                }
            }
        }

        for (var pass = 0; pass < Reference.BoxBlur.Passes; pass++)
        {
            Columns<TLanes, TVector>(scratch, whole, (float)inner, (float)outer);
        }
    }

    private static void Line<TLanes, TVector>(float[] row, Span<float> line, int whole, float inner, float outer)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetArrayDataReference(row);
        ref var to = ref MemoryMarshal.GetReference(line);
        var x = 0;
        for (; x <= line.Length - TLanes.Count; x += TLanes.Count)
        {
            TLanes.Store(Sum<TLanes, TVector>(ref Unsafe.Add(ref from, x), 1, whole, inner, outer), ref Unsafe.Add(ref to, x));
        }

        for (; x < line.Length; x++)
        {
            line[x] = Sum<Lanes1, float>(ref Unsafe.Add(ref from, x), 1, whole, inner, outer);
        }
    }

    /// <summary>Weighs 2 whole + 3 values that lie <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TLanes, TVector>(ref float first, int stride, int whole, float inner, float outer)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var ends = TLanes.Add(TLanes.Load(ref first), TLanes.Load(ref Unsafe.Add(ref first, stride * ((2 * whole) + 2))));
        var middle = TLanes.Create(0);
        for (var k = 1; k <= (2 * whole) + 1; k++)
        {
            middle = TLanes.Add(middle, TLanes.Load(ref Unsafe.Add(ref first, stride * k)));
        }

        return TLanes.Min(TLanes.Create(1), TLanes.MultiplyAdd(middle, TLanes.Create(inner), TLanes.Multiply(ends, TLanes.Create(outer))));
    }

    private static void Columns<TLanes, TVector>(Scratch scratch, int whole, float inner, float outer)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        result.Resize(source.Channels, height, width);
        for (var c = 0; c < source.Channels; c++)
        {
            ref var from = ref MemoryMarshal.GetReference(source.Plane(c));
            for (var y = 0; y < height; y++)
            {
                ref var to = ref MemoryMarshal.GetReference(result.Plane(c)[(y * width)..]);
                for (var x = 0; x < width; x += TLanes.Count)
                {
                    var middle = TLanes.Create(0);
                    for (var k = -whole; k <= whole; k++)
                    {
                        middle = TLanes.Add(middle, TLanes.Load(ref Unsafe.Add(ref from, (Math.Clamp(y + k, 0, height - 1) * width) + x)));
                    }

                    var up = TLanes.Load(ref Unsafe.Add(ref from, (Math.Max(y - whole - 1, 0) * width) + x));
                    var down = TLanes.Load(ref Unsafe.Add(ref from, (Math.Min(y + whole + 1, height - 1) * width) + x));
                    var sum = TLanes.MultiplyAdd(middle, TLanes.Create(inner), TLanes.Multiply(TLanes.Add(up, down), TLanes.Create(outer)));
                    TLanes.Store(TLanes.Min(TLanes.Create(1), sum), ref Unsafe.Add(ref to, x));
                }
            }
        }

        scratch.Swap();
    }
}
