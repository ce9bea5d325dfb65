using System;

namespace Vantage.Kernels.Reference;

/// <summary>Histogram equalization of bytes, each channel apart: torchvision's and Pillow's <c>equalize</c> of uint8 images.</summary>
public static class Equalize
{
    /// <summary>The equalized image; see <see cref="Operation.Equalize"/>.</summary>
    /// <param name="image">channels x height x width values in [0, 1].</param>
    /// <param name="channels">Channels.</param>
    public static double[] Apply(double[] image, int channels)
    {
        var plane = image.Length / channels;
        var result = new double[image.Length];
        Span<int> histogram = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < channels; c++)
        {
            histogram.Clear();
            for (var i = c * plane; i < (c + 1) * plane; i++)
            {
                histogram[Pixels.Byte(image[i])]++;
            }

            Table(histogram, table);
            for (var i = c * plane; i < (c + 1) * plane; i++)
            {
                result[i] = table[Pixels.Byte(image[i])] / 255.0;
            }
        }

        return result;
    }

    /// <summary>What each byte becomes, from the histogram of one channel.</summary>
    internal static void Table(ReadOnlySpan<int> histogram, Span<byte> table)
    {
        var total = 0;
        var last = 0;
        for (var k = 0; k < 256; k++)
        {
            total += histogram[k];
            last = histogram[k] > 0 ? k : last;
        }

        var step = (total - histogram[last]) / 255;
        var below = 0;
        for (var k = 0; k < 256; k++)
        {
            table[k] = step == 0 ? (byte)k : k == 0 ? (byte)0 : (byte)Math.Min(255, (below + (step / 2)) / step);
            below += histogram[k];
        }
    }
}
