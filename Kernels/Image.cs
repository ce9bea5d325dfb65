using System;

namespace Vantage.Kernels;

/// <summary>One image as it is stored: channels x height x width bytes, planar, 0 to 255 standing for [0, 1].</summary>
/// <remarks>It borrows <see cref="Pixels"/>: many images may lie in one array, each at its own <see cref="Offset"/>.</remarks>
public readonly record struct Image
{
    /// <summary>Wraps channels x height x width bytes of <paramref name="pixels"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentException">A dimension is not positive, or the array is too short.</exception>
    public Image(byte[] pixels, int offset, int channels, int height, int width)
    {
        if (channels <= 0 || height <= 0 || width <= 0)
        {
            throw new ArgumentException($"an image of {channels} x {height} x {width} has no pixels: every dimension must be at least 1");
        }

        if (offset < 0 || (long)offset + ((long)channels * height * width) > pixels.Length)
        {
            throw new ArgumentException($"an image of {channels} x {height} x {width} at {offset} needs {(long)offset + ((long)channels * height * width)} bytes, the array holds {pixels.Length}");
        }

        Pixels = pixels;
        Offset = offset;
        Channels = channels;
        Height = height;
        Width = width;
    }

    /// <summary>The array that holds the image, perhaps among others.</summary>
    public byte[] Pixels { get; }

    /// <summary>Where in <see cref="Pixels"/> the first byte of the first channel lies.</summary>
    public int Offset { get; }

    /// <summary>1 for grey, 3 for red, green, blue.</summary>
    public int Channels { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>The image's own bytes.</summary>
    public ReadOnlySpan<byte> Span => Pixels.AsSpan(Offset, Channels * Height * Width);
}
