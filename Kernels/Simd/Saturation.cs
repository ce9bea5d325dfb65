using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>Blends each pixel with its own grey, clamped to [0, 1].</summary>
internal static class Saturation
{
    internal static ColourStep Of(float factor) => new(ColourKind.Saturation, factor, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Apply<TLanes, TVector>(ref TVector r, ref TVector g, ref TVector b, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var a = TLanes.Create(factor);
        var grey = TLanes.Multiply(Grayscale.Apply<TLanes, TVector>(r, g, b), TLanes.Create(1 - factor));
        r = Brightness.Apply<TLanes, TVector>(r, a, grey);
        g = Brightness.Apply<TLanes, TVector>(g, a, grey);
        b = Brightness.Apply<TLanes, TVector>(b, a, grey);
    }
}
