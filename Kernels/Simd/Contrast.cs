namespace Vantage.Kernels.Simd;

/// <summary>Blends with the mean of the image's grey: once the mean is known, a x + b like brightness.</summary>
internal static class Contrast
{
    internal static ColourStep Of(float factor, double mean) => new(ColourKind.Affine, factor, (float)((1.0 - factor) * mean));
}
