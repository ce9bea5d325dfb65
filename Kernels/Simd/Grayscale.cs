using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>0.2989 R + 0.587 G + 0.114 B.</summary>
internal static class Grayscale
{
    internal static ColourStep Step => new(ColourKind.Grayscale, 0, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Apply<TLanes, TVector>(TVector r, TVector g, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.MultiplyAdd(r, TLanes.Create(0.2989f), TLanes.MultiplyAdd(g, TLanes.Create(0.587f), TLanes.Multiply(b, TLanes.Create(0.114f))));
}
