using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>e^x of many float32, by the polynomial that the softmax kernels use; it is there to be tested against Math.Exp.</summary>
public static class Exponentials
{
    /// <summary>Replaces each value by e to its power, with vectors of 512, 256 or 32 bits; see <see cref="Exponential{TLanes, TVector}"/> for limits.</summary>
    /// <exception cref="ArgumentException">There are no vectors of so many bits.</exception>
    public static void InPlace(Span<float> values, int bits)
    {
        switch (bits)
        {
            case 512: Run<Lanes512, Vector512<float>>(values); break;
            case 256: Run<Lanes256, Vector256<float>>(values); break;
            case 32: Run<Lanes1, float>(values); break;
            default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
        }
    }

    private static void Run<TLanes, TVector>(Span<float> values)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        Span<float> lanes = stackalloc float[TLanes.Count];
        for (var i = 0; i < values.Length; i += TLanes.Count)
        {
            var part = values[i..Math.Min(i + TLanes.Count, values.Length)];
            lanes.Clear();
            part.CopyTo(lanes);
            TLanes.Store(Exponential<TLanes, TVector>.Of(TLanes.Load(ref lanes[0])), ref lanes[0]);
            lanes[..part.Length].CopyTo(part);
        }
    }
}
