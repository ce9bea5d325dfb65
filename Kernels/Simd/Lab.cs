using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>RGB to scaled Lab; powers and cube roots by exp and log of the vector width. See Reference/Lab.cs.</summary>
internal static class Lab
{
    internal static ColourStep Step => new(ColourKind.Lab, 0, 0);

    internal static void Apply<TLanes, TVector>(ref TVector red, ref TVector green, ref TVector blue)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (r, g, b) = (Linear<TLanes, TVector>(red), Linear<TLanes, TVector>(green), Linear<TLanes, TVector>(blue));
        var x = Root<TLanes, TVector>(Sum<TLanes, TVector>(r, g, b, 0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047));
        var y = Root<TLanes, TVector>(Sum<TLanes, TVector>(r, g, b, 0.212671, 0.715160, 0.072169));
        var z = Root<TLanes, TVector>(Sum<TLanes, TVector>(r, g, b, 0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883));
        red = Brightness.Apply<TLanes, TVector>(y, TLanes.Create(1.16f), TLanes.Create(-0.16f));
        green = Brightness.Apply<TLanes, TVector>(TLanes.Subtract(x, y), TLanes.Create((float)(500 / 184.416)), TLanes.Create((float)(86.183 / 184.416)));
        blue = Brightness.Apply<TLanes, TVector>(TLanes.Subtract(y, z), TLanes.Create((float)(200 / 202.335)), TLanes.Create((float)(107.857 / 202.335)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TLanes, TVector>(TVector r, TVector g, TVector b, double x, double y, double z)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.MultiplyAdd(r, TLanes.Create((float)x), TLanes.MultiplyAdd(g, TLanes.Create((float)y), TLanes.Multiply(b, TLanes.Create((float)z))));

    private static TVector Linear<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var edge = TLanes.Create(0.04045f);
        var above = TLanes.Multiply(TLanes.Add(TLanes.Max(x, edge), TLanes.Create(0.055f)), TLanes.Create((float)(1 / 1.055)));
        var power = TLanes.Exp(TLanes.Multiply(TLanes.Log(above), TLanes.Create(2.4f)));
        return TLanes.WhereLess(edge, x, power, TLanes.Multiply(x, TLanes.Create((float)(1 / 12.92))));
    }

    private static TVector Root<TLanes, TVector>(TVector t)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var edge = TLanes.Create(0.008856f);
        var root = TLanes.Exp(TLanes.Multiply(TLanes.Log(TLanes.Max(t, edge)), TLanes.Create(1 / 3f)));
        return TLanes.WhereLess(edge, t, root, TLanes.MultiplyAdd(t, TLanes.Create(7.787f), TLanes.Create(16f / 116)));
    }
}
