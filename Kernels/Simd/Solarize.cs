using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>1 - x where x >= threshold, without a branch.</summary>
internal static class Solarize
{
    internal static ColourStep Of(float threshold) => new(ColourKind.Solarize, threshold, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Apply<TLanes, TVector>(TVector x, float threshold)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.WhereLess(x, TLanes.Create(threshold), x, TLanes.Subtract(TLanes.Create(1), x));
}
