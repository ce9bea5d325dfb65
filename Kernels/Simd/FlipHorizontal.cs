using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Flips cost nothing: a flip before a colour step or blur equals one after, two are none, and a flip before a crop equals the
/// mirrored box cropped and then flipped. So the flips of a chain are counted, and a warp writes its columns mirrored or not.
/// </summary>
internal static class FlipHorizontal
{
    /// <summary>Whether the flips from the start of <paramref name="steps"/> to the next crop, or the end, leave the image mirrored.</summary>
    internal static bool Odd(ReadOnlySpan<Step> steps)
    {
        var odd = false;
        foreach (var step in steps)
        {
            if (step.Operation is Operation.Crop)
            {
                break;
            }

            odd ^= step.Operation is Operation.FlipHorizontal;
        }

        return odd;
    }

    /// <summary>The left edge of a box of an image once that image is mirrored.</summary>
    internal static int Mirror(int left, int boxWidth, int width) => width - left - boxWidth;
}
