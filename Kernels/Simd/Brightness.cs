using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>Brightness, and contrast about a known mean: a x + b, clamped to [0, 1].</summary>
internal static class Brightness
{
    internal static ColourStep Of(float factor) => new(ColourKind.Affine, factor, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Apply<TLanes, TVector>(TVector x, TVector a, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        Clamp<TLanes, TVector>(TLanes.MultiplyAdd(x, a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Clamp<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.Min(TLanes.Max(x, TLanes.Create(0)), TLanes.Create(1));
}
