using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>Bytes rounded down to multiples of a power of two. Every intermediate is a whole number below 256, exact in float32.</summary>
internal static class Posterize
{
    internal static ColourStep Of(int bits) => new(ColourKind.Posterize, 1 << (8 - bits), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Apply<TLanes, TVector>(TVector x, float multiple)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var bytes = TLanes.Floor(TLanes.Multiply(x, TLanes.Create(255.999f)));
        var whole = TLanes.Multiply(TLanes.Floor(TLanes.Multiply(bytes, TLanes.Create(1 / multiple))), TLanes.Create(multiple));
        return TLanes.Divide(whole, TLanes.Create(255));
    }
}
