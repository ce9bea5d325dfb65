using System;
using System.Threading.Tasks;

namespace Vantage.Kernels.Reference;

/// <summary>The meaning of a view: each step a scalar loop in double precision, one after the other. It is not fast.</summary>
public sealed class ReferenceEngine : IViewEngine
{
    private delegate void Write(int image, int place, float value);

    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads) =>
        Render(images, steps, slots, shape, destination.Length, threads, (i, place, value) => destination.Span[(i * shape.Length) + place] = value);

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<BFloat16> destination, int threads) =>
        Render(images, steps, slots, shape, destination.Length, threads, (i, place, value) => destination.Span[(i * shape.Length) + place] = BFloat16.From(value));

    private static void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, int length, int threads, Write write)
    {
        Guard.Batch(images.Span, steps.Span, slots, shape, length, threads);
        void One(int i) => View(images.Span[i], steps.Span.Slice(i * slots, slots), shape, i, write);
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

    private static void View(Image image, ReadOnlySpan<Step> steps, ViewShape shape, int number, Write write)
    {
        var picture = Picture.Of(image);
        var tiled = false;
        foreach (var step in steps)
        {
            if (step.Operation is Operation.Tile)
            {
                var tile = picture.Box((int)step.A, (int)step.B, (int)step.C, (int)step.D);
                Finish(tile, shape, number, (int)step.E, write);
                tiled = true;
            }
            else
            {
                picture = picture.Do(step, shape.Height, shape.Width);
            }
        }

        if (!tiled)
        {
            Finish(picture, shape, number, 0, write);
        }
    }

    private static void Finish(Picture picture, ViewShape shape, int number, int tile, Write write)
    {
        var standardized = Standardize.Apply(picture.Values, shape.Mean, shape.Deviation);
        var area = shape.Height * shape.Width;
        for (var i = 0; i < standardized.Length; i++)
        {
            var place = shape.Layout == Layout.Nchw ? i : (i % area * shape.Channels) + (i / area);
            write(number, (tile * shape.TileLength) + place, (float)standardized[i]);
        }
    }
}
