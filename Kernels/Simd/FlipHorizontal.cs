using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Flips cost nothing: a flip before a colour step or blur equals one after, two are none, and a flip before a crop equals the
/// mirrored box cropped and then flipped. So the flips of a chain are counted, and a warp writes its columns mirrored or not.
/// </summary>
internal static class FlipHorizontal
{
    /// <summary>
    /// Whether the flips from the start of <paramref name="steps"/> to the next step for which left and right matter, or the end, leave the image
    /// mirrored; and whether that step is a crop, which mirrors for nothing.
    /// </summary>
    internal static (bool Odd, bool BeforeCrop) Ahead(ReadOnlySpan<Step> steps)
    {
        var odd = false;
        foreach (var step in steps)
        {
            if (step.Operation is Operation.Crop)
            {
                return (odd, true);
            }

            if (HasSides(step.Operation))
            {
                return (odd, false);
            }

            odd ^= step.Operation is Operation.FlipHorizontal;
        }

        return (odd, false);
    }

    /// <summary>Whether mirroring before and after the step are different things.</summary>
    internal static bool HasSides(Operation operation) =>
        operation is Operation.Crop or Operation.Rotate90 or Operation.Affine or Operation.Noise or Operation.Erase or Operation.Mask or Operation.Tile;

    /// <summary>Mirrors the planes in place.</summary>
    internal static void Apply(Planes planes)
    {
        for (var c = 0; c < planes.Channels; c++)
        {
            for (var y = 0; y < planes.Height; y++)
            {
                planes.Plane(c).Slice(y * planes.Width, planes.Width).Reverse();
            }
        }
    }

    /// <summary>The left edge of a box of an image once that image is mirrored.</summary>
    internal static int Mirror(int left, int boxWidth, int width) => width - left - boxWidth;
}
