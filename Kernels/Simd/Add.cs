namespace Vantage.Kernels.Simd;

/// <summary>x + amount, clamped.</summary>
internal static class Add
{
    internal static ColourStep Of(float amount) => new(ColourKind.Affine, 1, amount);
}
