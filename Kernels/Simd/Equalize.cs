using System;

namespace Vantage.Kernels.Simd;

/// <summary>Equalization of bytes: a histogram and a table for each plane. Counting does not vectorize.</summary>
internal static class Equalize
{
    internal static void Apply(Planes planes)
    {
        Span<int> histogram = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < planes.Channels; c++)
        {
            var plane = planes.Plane(c)[..planes.Pixels];
            histogram.Clear();
            foreach (var x in plane)
            {
                histogram[Byte(x)]++;
            }

            Reference.Equalize.Table(histogram, table);
            foreach (ref var x in plane)
            {
                x = table[Byte(x)] / 255f;
            }
        }
    }

    private static byte Byte(float x) => (byte)(x * 255.999f);
}
