using System;

namespace Vantage.Kernels.Reference;

/// <summary>Keeps the highest bits of each byte: torchvision's and Pillow's <c>posterize</c> of uint8 images.</summary>
public static class Posterize
{
    /// <summary>Rounded to bytes, without their lowest 8 - bits bits, over 255.</summary>
    /// <param name="image">Values in [0, 1].</param>
    /// <param name="bits">1 to 8.</param>
    /// <exception cref="ArgumentException">The bits are outside 1 to 8.</exception>
    public static double[] Apply(double[] image, int bits)
    {
        Guard.Bits(bits);
        return Array.ConvertAll(image, x => (Pixels.Byte(x) & (0xFF << (8 - bits))) / 255.0);
    }
}
