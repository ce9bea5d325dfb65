using System;

namespace Vantage.Kernels;

/// <summary>What a view must become: its size, and the standardization (x - mean) / deviation of each channel that ends it.</summary>
/// <param name="Channels">Channels of every image and of the view.</param>
/// <param name="Height">Rows of the view.</param>
/// <param name="Width">Columns of the view.</param>
/// <param name="Mean">One value for each channel.</param>
/// <param name="Deviation">One positive value for each channel.</param>
public sealed record ViewShape(int Channels, int Height, int Width, float[] Mean, float[] Deviation)
{
    /// <summary>Values of one view.</summary>
    public int Length => Channels * Height * Width;
}

/// <summary>Makes views: the whole contract between the drawing of random numbers and the arithmetic.</summary>
public interface IViewEngine
{
    /// <summary>For reports: "reference", "simd-512" and so on.</summary>
    string Name { get; }

    /// <summary>
    /// Applies to image i the steps <c>steps[i * slots .. (i + 1) * slots]</c> in order, then the standardization, and writes
    /// channels x height x width floats at <c>destination[i * shape.Length]</c>. An image without a crop step must have the view's size.
    /// Images are independent: the answer does not depend on <paramref name="threads"/>.
    /// </summary>
    /// <param name="images">n images; sizes may differ, channels must be the shape's.</param>
    /// <param name="steps">n x slots steps.</param>
    /// <param name="slots">Steps of one image, closed gates included.</param>
    /// <param name="shape">The view.</param>
    /// <param name="destination">At least n * shape.Length values.</param>
    /// <param name="threads">1 runs in the calling thread.</param>
    /// <exception cref="ArgumentException">Sizes do not fit; the message holds both numbers.</exception>
    void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads);
}
