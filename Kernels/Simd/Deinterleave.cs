using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>Pixels of four bytes, as decoders give them, to planes: no arithmetic, only another order.</summary>
public static class Deinterleave
{
    /// <summary>Red, green, blue and a byte of no use, pixel by pixel, to three planes one after the other.</summary>
    /// <param name="pixels">4 n bytes.</param>
    /// <param name="planes">3 n bytes: all red, all green, all blue.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public static void Rgbx(ReadOnlySpan<byte> pixels, Span<byte> planes)
    {
        var count = pixels.Length / 4;
        if (pixels.Length % 4 != 0 || planes.Length != 3 * count)
        {
            throw new ArgumentException($"{pixels.Length} bytes of red, green, blue and one more do not give {planes.Length} bytes of planes: {3 * count} are needed");
        }

        var red = planes[..count];
        var green = planes.Slice(count, count);
        var blue = planes[(2 * count)..];
        var i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            // Within each vector of 4 pixels: all red, all green, all blue, all of the rest.
            var order = Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            for (; i <= count - 16; i += 16)
            {
                var a = Vector128.Shuffle(Vector128.Create(pixels.Slice(4 * i, 16)), order).AsUInt32();
                var b = Vector128.Shuffle(Vector128.Create(pixels.Slice((4 * i) + 16, 16)), order).AsUInt32();
                var c = Vector128.Shuffle(Vector128.Create(pixels.Slice((4 * i) + 32, 16)), order).AsUInt32();
                var d = Vector128.Shuffle(Vector128.Create(pixels.Slice((4 * i) + 48, 16)), order).AsUInt32();
                Vector128.Create(a[0], b[0], c[0], d[0]).AsByte().CopyTo(red[i..]);
                Vector128.Create(a[1], b[1], c[1], d[1]).AsByte().CopyTo(green[i..]);
                Vector128.Create(a[2], b[2], c[2], d[2]).AsByte().CopyTo(blue[i..]);
            }
        }

        for (; i < count; i++)
        {
            (red[i], green[i], blue[i]) = (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2]);
        }
    }
}
