using System;
using System.Threading.Tasks;

namespace Vantage.Kernels.Reference;

/// <summary>The meaning of a view: each step a scalar loop in double precision, one after the other. It is not fast.</summary>
public sealed class ReferenceEngine : IViewEngine
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads)
    {
        Guard.Batch(images.Span, steps.Span, slots, shape, destination.Length, threads);
        void One(int i) => View(images.Span[i], steps.Span.Slice(i * slots, slots), shape, destination.Span.Slice(i * shape.Length, shape.Length));
        if (threads == 1)
        {
            for (var i = 0; i < images.Length; i++)
            {
                One(i);
            }
        }
        else
        {
            Parallel.For(0, images.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, One);
        }
    }

    private static void View(Image image, ReadOnlySpan<Step> steps, ViewShape shape, Span<float> destination)
    {
        var values = new double[image.Span.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = image.Span[i] / 255.0;
        }

        var (channels, height, width) = (image.Channels, image.Height, image.Width);
        foreach (var step in steps)
        {
            values = step.Operation switch
            {
                Operation.None => values,
                Operation.Crop => Crop.Apply(values, channels, height, width, (int)step.A, (int)step.B, (int)step.C, (int)step.D, shape.Height, shape.Width),
                Operation.FlipHorizontal => FlipHorizontal.Apply(values, channels, height, width),
                Operation.Brightness => Brightness.Apply(values, channels, step.A),
                Operation.Contrast => Contrast.Apply(values, channels, step.A),
                Operation.Saturation => Saturation.Apply(values, channels, step.A),
                Operation.Hue => Hue.Apply(values, channels, step.A),
                Operation.Grayscale => Grayscale.Apply(values, channels),
                Operation.Blur => Blur.Apply(values, channels, height, width, step.A, (int)step.B),
                _ => throw new ArgumentException($"operation {(int)step.Operation} is not known"),
            };
            if (step.Operation is Operation.Crop)
            {
                (height, width) = (shape.Height, shape.Width);
            }
        }

        var standardized = Standardize.Apply(values, shape.Mean, shape.Deviation);
        for (var i = 0; i < standardized.Length; i++)
        {
            destination[i] = (float)standardized[i];
        }
    }
}
