using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>Bytes 0 to 255 to float32 in [0, 1].</summary>
internal static class Convert
{
    /// <summary>Both sides hold a full vector beyond the last pixel.</summary>
    internal static void Plane<TLanes, TVector>(ReadOnlySpan<byte> source, Span<float> destination, int pixels)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var (unit, one) = (TLanes.Create(1 / 255f), TLanes.Create(1));
        for (var x = 0; x < pixels; x += TLanes.Count)
        {
            var value = TLanes.Multiply(TLanes.LoadBytes(ref Unsafe.Add(ref from, x)), unit);
            TLanes.Store(TLanes.Min(value, one), ref Unsafe.Add(ref to, x));
        }
    }
}
