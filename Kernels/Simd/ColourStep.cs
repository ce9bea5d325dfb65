namespace Vantage.Kernels.Simd;

/// <summary>What a per-pixel colour step does once all its values are known.</summary>
internal enum ColourKind
{
    /// <summary>A x + B, clamped: brightness, and contrast once the mean is known.</summary>
    Affine,

    /// <summary>A x + (1 - A) grey, clamped.</summary>
    Saturation,

    /// <summary>Turns the hue by A sextants, 0 &lt;= A &lt; 6.</summary>
    Hue,

    /// <summary>Grey in every channel.</summary>
    Grayscale,

    /// <summary>1 - x where x >= A.</summary>
    Solarize,

    /// <summary>Bytes without their lowest bits: floor(255.999 x) to a multiple of A, over 255.</summary>
    Posterize,

    /// <summary>RGB to scaled Lab.</summary>
    Lab,
}

/// <summary>One per-pixel step with its values.</summary>
internal readonly record struct ColourStep(ColourKind Kind, float A, float B);
