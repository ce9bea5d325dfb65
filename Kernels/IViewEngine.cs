using System;

namespace Vantage.Kernels;

/// <summary>The order of a view's values in memory.</summary>
public enum Layout
{
    /// <summary>Channel after channel, each row by row: what torch calls contiguous.</summary>
    Nchw = 0,

    /// <summary>Pixel after pixel, each with all its channels: what torch calls channels-last.</summary>
    Nhwc,
}

/// <summary>What a view must become: its size, and the standardization (x - mean) / deviation of each channel that ends it.</summary>
/// <param name="Channels">Channels of the view; of the images too, unless a step changes them.</param>
/// <param name="Height">Rows of the view, or of each of its tiles.</param>
/// <param name="Width">Columns of the view, or of each of its tiles.</param>
/// <param name="Mean">One value for each channel.</param>
/// <param name="Deviation">One positive value for each channel.</param>
public sealed record ViewShape(int Channels, int Height, int Width, float[] Mean, float[] Deviation)
{
    /// <summary>Tiles of the view, each channels x height x width; 1 where no step is <see cref="Operation.Tile"/>.</summary>
    public int Tiles { get; init; } = 1;

    /// <summary>The order of the values of a tile.</summary>
    public Layout Layout { get; init; }

    /// <summary>Values of one tile.</summary>
    public int TileLength => Channels * Height * Width;

    /// <summary>Values of one view.</summary>
    public int Length => Tiles * TileLength;
}

/// <summary>Makes views: the whole contract between the drawing of random numbers and the arithmetic.</summary>
public interface IViewEngine
{
    /// <summary>For reports: "reference", "simd-512", "torch-cpu" and so on.</summary>
    string Name { get; }

    /// <summary>
    /// Applies to image i the steps <c>steps[i * slots .. (i + 1) * slots]</c> in order, then the standardization, and writes
    /// the view's floats at <c>destination[i * shape.Length]</c>. An image whose steps do not change its size must have the view's.
    /// Images are independent: the answer does not depend on <paramref name="threads"/>.
    /// </summary>
    /// <param name="images">n images of bytes, or of float32 in [0, 1]; sizes may differ.</param>
    /// <param name="steps">n x slots steps.</param>
    /// <param name="slots">Steps of one image, closed gates included.</param>
    /// <param name="shape">The view.</param>
    /// <param name="destination">At least n * shape.Length values.</param>
    /// <param name="threads">1 runs in the calling thread.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or a value is outside its range; the message holds it.</exception>
    void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads);

    /// <summary>The same views, each value rounded to bfloat16.</summary>
    /// <param name="images">n images.</param>
    /// <param name="steps">n x slots steps.</param>
    /// <param name="slots">Steps of one image.</param>
    /// <param name="shape">The view.</param>
    /// <param name="destination">At least n * shape.Length values.</param>
    /// <param name="threads">1 runs in the calling thread.</param>
    /// <exception cref="ArgumentException">As for float32.</exception>
    void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<BFloat16> destination, int threads);
}
