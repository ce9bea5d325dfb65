using System;

namespace Vantage.Kernels.Reference;

/// <summary>What the colour steps share: blending with clamping, and the weights of grey.</summary>
internal static class Blend
{
    /// <summary>factor x a + (1 - factor) x b, clamped to [0, 1].</summary>
    internal static double Of(double factor, double a, double b) => Math.Clamp((factor * a) + ((1 - factor) * b), 0, 1);

    /// <summary>The grey of pixel i: 0.2989 R + 0.587 G + 0.114 B, torchvision's weights (they sum to 0.9999); of 1 channel, the value itself.</summary>
    internal static double Grey(double[] image, int channels, int i)
    {
        var plane = image.Length / channels;
        return channels == 1 ? image[i] : (0.2989 * image[i]) + (0.587 * image[plane + i]) + (0.114 * image[(2 * plane) + i]);
    }
}
