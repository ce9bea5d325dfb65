using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// An image of float32 between two passes: planes of rows without gaps, each plane followed by at least 16 values of padding,
/// so that a full vector may be loaded or stored at every pixel. Padding is finite, and no answer depends on it.
/// </summary>
internal sealed class Planes
{
    private const int Widest = 16;

    private float[] data = [];

    internal int Channels { get; private set; }

    internal int Height { get; private set; }

    internal int Width { get; private set; }

    /// <summary>Pixels of one plane.</summary>
    internal int Pixels => Height * Width;

    /// <summary>Values from one plane to the next.</summary>
    internal int Stride { get; private set; }

    /// <summary>The values of a plane and its padding.</summary>
    internal Span<float> Plane(int channel) => data.AsSpan(channel * Stride, Stride);

    /// <summary>All planes with their padding.</summary>
    internal Span<float> All => data;

    /// <summary>Takes a size; the contents are whatever was there.</summary>
    internal void Resize(int channels, int height, int width)
    {
        (Channels, Height, Width) = (channels, height, width);
        Stride = checked((((height * width) + Widest - 1) / Widest * Widest) + Widest);
        Scratch.Need(ref data, checked(channels * Stride));
    }
}
