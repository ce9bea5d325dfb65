using System;
using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Turns the hue without a branch. With v the largest channel, c = v - the smallest, and h the hue in sextants, each channel is
/// v - c clamp(min(k, 4 - k), 0, 1), k = (n + h) mod 6, n = 5 for red, 3 for green, 1 for blue.
/// </summary>
/// <remarks>The hue of an almost grey pixel is uncertain by about rounding / c, but its effect is multiplied by c: the answer is not.</remarks>
internal static class Hue
{
    internal static ColourStep Of(float turn) => new(ColourKind.Hue, (float)Sextants(turn), 0);

    /// <summary>The turn in sextants, in [0, 6); 0 where nothing turns.</summary>
    internal static double Sextants(float turn) => 6 * (turn - Math.Floor((double)turn));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Apply<TLanes, TVector>(ref TVector r, ref TVector g, ref TVector b, float sextants)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var v = TLanes.Max(r, TLanes.Max(g, b));
        var c = TLanes.Subtract(v, TLanes.Min(r, TLanes.Min(g, b)));
        var zero = TLanes.Create(0);

        // The sextant from the largest channel; the first of red, green, blue where several are largest. The numerators lie in
        // [-c, c], so that the quotient is finite for the smallest c and h lies in [-1, 5] plus the turn in [0, 6).
        var numerator = TLanes.WhereEqual(v, r, TLanes.Subtract(g, b), TLanes.WhereEqual(v, g, TLanes.Subtract(b, r), TLanes.Subtract(r, g)));
        var origin = TLanes.WhereEqual(v, r, zero, TLanes.WhereEqual(v, g, TLanes.Create(2), TLanes.Create(4)));
        var h = TLanes.Add(TLanes.Add(TLanes.Divide(numerator, TLanes.WhereEqual(c, zero, TLanes.Create(1), c)), origin), TLanes.Create(sextants));

        r = Channel<TLanes, TVector>(v, c, h, 5);
        g = Channel<TLanes, TVector>(v, c, h, 3);
        b = Channel<TLanes, TVector>(v, c, h, 1);
    }

    /// <summary>
    /// h + n lies in [0, 16). In place of its remainder by 6: the trapezoid min(k, 4 - k) around 2, 8 and 14, of which the largest counts.
    /// With d the distance of h + n to the nearest of the three, it is 2 - d.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Channel<TLanes, TVector>(TVector v, TVector c, TVector h, float n)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var first = Distance<TLanes, TVector>(h, n - 2);
        var second = Distance<TLanes, TVector>(h, n - 8);
        var third = Distance<TLanes, TVector>(h, n - 14);
        var trapezoid = TLanes.Subtract(TLanes.Create(2), TLanes.Min(first, TLanes.Min(second, third)));
        return Brightness.Clamp<TLanes, TVector>(TLanes.Subtract(v, TLanes.Multiply(c, Brightness.Clamp<TLanes, TVector>(trapezoid))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Distance<TLanes, TVector>(TVector h, float offset)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var d = TLanes.Add(h, TLanes.Create(offset));
        return TLanes.Max(d, TLanes.Subtract(TLanes.Create(0), d));
    }
}
