using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>One plane at a time: its mean and range, and a x + b over it.</summary>
internal static class PlanePass
{
    /// <summary>Vectors added in float32 before the sum goes on in double, as in <see cref="ColourPass"/>.</summary>
    private const int SumRun = 64;

    /// <summary>The mean, the smallest and the largest of the first <paramref name="pixels"/> values.</summary>
    internal static (double Mean, float Low, float High) Statistics<TLanes, TVector>(Span<float> plane, int pixels)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetReference(plane);
        var (total, run, x) = (0.0, 0, 0);
        var (sum, low, high) = (TLanes.Create(0), TLanes.Create(float.PositiveInfinity), TLanes.Create(float.NegativeInfinity));
        for (; x <= pixels - TLanes.Count; x += TLanes.Count)
        {
            var value = TLanes.Load(ref Unsafe.Add(ref from, x));
            (sum, low, high) = (TLanes.Add(sum, value), TLanes.Min(low, value), TLanes.Max(high, value));
            if (++run == SumRun)
            {
                total += TLanes.Sum(sum);
                (sum, run) = (TLanes.Create(0), 0);
            }
        }

        total += TLanes.Sum(sum);
        var (least, most) = (TLanes.Range(low).Low, TLanes.Range(high).High);
        for (; x < pixels; x++)
        {
            total += plane[x];
            (least, most) = (Math.Min(least, plane[x]), Math.Max(most, plane[x]));
        }

        return (total / pixels, least, most);
    }

    /// <summary>a x + b, clamped to [0, 1], in place.</summary>
    internal static void Affine<TLanes, TVector>(Span<float> plane, int pixels, float a, float b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var at = ref MemoryMarshal.GetReference(plane);
        var (slope, offset) = (TLanes.Create(a), TLanes.Create(b));
        for (var x = 0; x < pixels; x += TLanes.Count)
        {
            TLanes.Store(Brightness.Apply<TLanes, TVector>(TLanes.Load(ref Unsafe.Add(ref at, x)), slope, offset), ref Unsafe.Add(ref at, x));
        }
    }
}
