using System;

namespace Vantage.Kernels;

/// <summary>One image as it is stored: channels x height x width bytes, planar, 0 to 255 standing for [0, 1]; or as many float32 in [0, 1].</summary>
/// <remarks>It borrows <see cref="Pixels"/> or <see cref="Values"/>: many images may lie in one array, each at its own <see cref="Offset"/>.</remarks>
public readonly record struct Image
{
    /// <summary>Wraps channels x height x width bytes of <paramref name="pixels"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentException">A dimension is not positive, or the array is too short.</exception>
    public Image(byte[] pixels, int offset, int channels, int height, int width)
        : this(pixels.Length, offset, channels, height, width)
    {
        Pixels = pixels;
    }

    /// <summary>Wraps channels x height x width float32 in [0, 1] of <paramref name="values"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentException">A dimension is not positive, or the array is too short. An engine refuses values outside [0, 1].</exception>
    public Image(float[] values, int offset, int channels, int height, int width)
        : this(values.Length, offset, channels, height, width)
    {
        (Pixels, Values) = ([], values);
    }

    private Image(int length, int offset, int channels, int height, int width)
    {
        if (channels <= 0 || height <= 0 || width <= 0)
        {
            throw new ArgumentException($"an image of {channels} x {height} x {width} has no pixels: every dimension must be at least 1");
        }

        if (offset < 0 || (long)offset + ((long)channels * height * width) > length)
        {
            throw new ArgumentException($"an image of {channels} x {height} x {width} at {offset} needs {(long)offset + ((long)channels * height * width)} values, the array holds {length}");
        }

        Pixels = [];
        Offset = offset;
        Channels = channels;
        Height = height;
        Width = width;
    }

    /// <summary>The bytes that hold the image, perhaps among others; empty where the image is one of float32.</summary>
    public byte[] Pixels { get; }

    /// <summary>The float32 that hold the image, perhaps among others; null where the image is one of bytes.</summary>
    public float[]? Values { get; }

    /// <summary>Where in its array the first value of the first channel lies.</summary>
    public int Offset { get; }

    /// <summary>1 for grey, 3 for red, green, blue.</summary>
    public int Channels { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Values of the image.</summary>
    public int Length => Channels * Height * Width;

    /// <summary>The image's own bytes; none where it is one of float32.</summary>
    public ReadOnlySpan<byte> Span => Values is null ? Pixels.AsSpan(Offset, Length) : [];

    /// <summary>Value i in [0, 1], whatever the image is stored as.</summary>
    public double At(int i) => Values is null ? Pixels[Offset + i] / 255.0 : Values[Offset + i];
}
