using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// e^x in float32 lanes: x = n ln 2 + r with |r| at most half of ln 2, a polynomial of degree 6 in r (coefficients of the Cephes library,
/// expf), times 2^n. Below -87.3 the answer is e^-87.3 = 1.2e-38, above 88 it is e^88; not a number stays so. Relative error below 2e-7.
/// </summary>
internal static class Exponential<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        x = TLanes.Min(TLanes.Create(88f), TLanes.Max(TLanes.Create(-87.3f), x)); // in this order not-a-number passes
        var shifter = TLanes.Create(12582912f); // adding 1.5 * 2^23 rounds to the nearest integer
        var shifted = TLanes.MultiplyAdd(x, TLanes.Create(1.44269504f), shifter);
        var n = TLanes.Subtract(shifted, shifter);
        var r = TLanes.MultiplyAdd(n, TLanes.Create(-0.693359375f), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(2.12194440e-4f), r);
        var p = TLanes.MultiplyAdd(TLanes.Create(1.9875691500e-4f), r, TLanes.Create(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(5.0000001201e-1f));
        p = TLanes.MultiplyAdd(p, TLanes.Multiply(r, r), r);
        var power = TLanes.PowerOfTwo(shifted);
        return TLanes.MultiplyAdd(p, power, power);
    }
}
