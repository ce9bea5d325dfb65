namespace Vantage.Kernels.Simd;

/// <summary>1 - x.</summary>
internal static class Invert
{
    internal static ColourStep Step => new(ColourKind.Affine, -1, 1);
}
