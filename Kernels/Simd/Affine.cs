using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Bilinear resampling by an affine map, from the front planes to the back ones: for each row, where its pixels look and how they weigh is worked out once for all
/// channels. Places are computed in double, so that float32 rounding never moves a pixel.
/// </summary>
internal static class Affine
{
    internal static void Apply(Scratch scratch, Step step)
    {
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        result.Resize(source.Channels, height, width);
        for (var y = 0; y < height; y++)
        {
            var v = y + 0.5 - (height / 2.0);
            for (var x = 0; x < width; x++)
            {
                var u = x + 0.5 - (width / 2.0);
                var sx = (step.A * u) + (step.B * v) + step.C + (width / 2.0) - 0.5;
                var sy = (step.D * u) + (step.E * v) + step.F + (height / 2.0) - 0.5;
                Pixel(source, result, (y * width) + x, sx, sy, step.G);
            }
        }

        scratch.Swap();
    }

    private static void Pixel(Planes source, Planes result, int place, double sx, double sy, float fill)
    {
        var (left, top) = ((int)Math.Floor(sx), (int)Math.Floor(sy));
        var (a, b) = ((float)(sx - left), (float)(sy - top));
        var inside = left >= 0 && top >= 0 && left + 1 < source.Width && top + 1 < source.Height;
        var at = (top * source.Width) + left;
        for (var c = 0; c < source.Channels; c++)
        {
            ReadOnlySpan<float> plane = source.Plane(c);
            var (p, q, r, s) = inside
                ? (plane[at], plane[at + 1], plane[at + source.Width], plane[at + source.Width + 1])
                : (At(plane, source, top, left, fill), At(plane, source, top, left + 1, fill), At(plane, source, top + 1, left, fill), At(plane, source, top + 1, left + 1, fill));
            var (upper, lower) = (p + (a * (q - p)), r + (a * (s - r)));
            result.Plane(c)[place] = upper + (b * (lower - upper));
        }
    }

    private static float At(ReadOnlySpan<float> plane, Planes source, int y, int x, float fill) =>
        (uint)y < (uint)source.Height && (uint)x < (uint)source.Width ? plane[(y * source.Width) + x] : fill;
}
