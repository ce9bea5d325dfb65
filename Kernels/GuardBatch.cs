using System;
using System.Numerics;

namespace Vantage.Kernels;

/// <summary>Checks a whole batch before a pixel is touched: images, steps, shape and destination fit each other, and every step can be done.</summary>
internal static class GuardBatch
{
    /// <summary>The checks of one call of <see cref="IViewEngine.Render(ReadOnlyMemory{Image}, ReadOnlyMemory{Step}, int, ViewShape, Memory{float}, int)"/>.</summary>
    internal static void Check(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, int destination, int threads)
    {
        Shape(shape);
        if (slots < 0 || (long)images.Length * slots != steps.Length)
        {
            throw new ArgumentException($"{images.Length} images of {slots} steps each need {(long)images.Length * slots} steps, there are {steps.Length}");
        }

        if ((long)images.Length * shape.Length > destination)
        {
            throw new ArgumentException($"{images.Length} views of {shape.Length} values need {(long)images.Length * shape.Length} values, the destination holds {destination}");
        }

        if (threads < 1)
        {
            throw new ArgumentException($"{threads} threads cannot make a view: ask for at least 1");
        }

        for (var i = 0; i < images.Length; i++)
        {
            View(images[i], steps.Slice(i * slots, slots), shape, i);
        }
    }

    /// <summary>A view's shape alone.</summary>
    internal static void Shape(ViewShape shape)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || shape.Tiles < 1 || (long)shape.Tiles * shape.Channels * shape.Height * shape.Width > int.MaxValue / 8)
        {
            throw new ArgumentException($"a view of {shape.Tiles} x {shape.Channels} x {shape.Height} x {shape.Width} is not possible: every dimension must be at least 1, all values at most {int.MaxValue / 8}");
        }

        if (shape.Mean.Length != shape.Channels || shape.Deviation.Length != shape.Channels)
        {
            throw new ArgumentException($"a view of {shape.Channels} channels needs as many means and deviations, there are {shape.Mean.Length} and {shape.Deviation.Length}");
        }

        for (var c = 0; c < shape.Channels; c++)
        {
            if (!float.IsFinite(shape.Mean[c]) || !float.IsFinite(shape.Deviation[c]) || !(shape.Deviation[c] > 0))
            {
                throw new ArgumentException($"channel {c} cannot be standardized with mean {shape.Mean[c]} and deviation {shape.Deviation[c]}: both must be finite, the deviation above 0");
            }
        }
    }

    /// <summary>The steps of one image of these channels and this size, followed to the view.</summary>
    internal static void Steps(int channels, int height, int width, ReadOnlySpan<Step> steps, ViewShape shape, int number)
    {
        var tiles = 0;
        foreach (var step in steps)
        {
            if (step.Operation is Operation.Tile)
            {
                Tile(step, height, width, shape, tiles++);
            }
            else if (tiles > 0 && step.Operation is not Operation.None)
            {
                throw new ArgumentException($"{step.Operation} follows {Operation.Tile} in image {number}: tiles come last");
            }
            else
            {
                (channels, height, width) = Step(step, channels, height, width, shape);
            }
        }

        if (tiles == 0 && shape.Tiles == 1)
        {
            Ends(channels, height, width, shape, number);
        }
        else if (tiles != shape.Tiles || channels != shape.Channels)
        {
            throw new ArgumentException($"image {number} gives {tiles} tiles of {channels} channels, the view has {shape.Tiles} of {shape.Channels}");
        }
    }

    private static void View(Image image, ReadOnlySpan<Step> steps, ViewShape shape, int number)
    {
        if (image.Pixels is null)
        {
            throw new ArgumentException($"image {number} has no pixels: make it by Image's constructor");
        }

        if (image.Values is { } values)
        {
            Range(values.AsSpan(image.Offset, image.Length), number);
        }

        Steps(image.Channels, image.Height, image.Width, steps, shape, number);
    }

    /// <summary>Float images hold [0, 1] and nothing else; NaN fails both comparisons.</summary>
    private static void Range(ReadOnlySpan<float> values, int number)
    {
        var x = 0;
        while (x <= values.Length - Vector<float>.Count && Inside(new Vector<float>(values[x..])))
        {
            x += Vector<float>.Count;
        }

        for (; x < values.Length; x++)
        {
            if (!(values[x] >= 0 && values[x] <= 1))
            {
                throw new ArgumentException($"value {x} of image {number} is {values[x]}: an image of float32 holds values in [0, 1]; divide bytes by 255");
            }
        }
    }

    private static bool Inside(Vector<float> values) =>
        Vector.GreaterThanOrEqualAll(values, Vector<float>.Zero) && Vector.LessThanOrEqualAll(values, Vector<float>.One);

    private static void Ends(int channels, int height, int width, ViewShape shape, int number)
    {
        if (channels != shape.Channels)
        {
            throw new ArgumentException($"image {number} ends with {channels} channels, the view has {shape.Channels}");
        }

        if (height != shape.Height || width != shape.Width)
        {
            throw new ArgumentException($"image {number} is {height} x {width} after its steps, but the view is {shape.Height} x {shape.Width}: add a {Operation.Crop} step, or give images of the view's size");
        }
    }

    private static void Tile(Step step, int height, int width, ViewShape shape, int number)
    {
        Guard.Box(step.A, step.B, step.C, step.D, height, width);
        if (step.E != number || (int)step.C != shape.Height || (int)step.D != shape.Width)
        {
            throw new ArgumentException($"{Operation.Tile} {step.E} of {step.C} x {step.D} is not tile {number} of {shape.Height} x {shape.Width}: the view's tiles come in order, each of its size");
        }
    }

    private static (int Channels, int Height, int Width) Step(Step step, int channels, int height, int width, ViewShape shape)
    {
        switch (step.Operation)
        {
            case Operation.Crop:
                Guard.Box(step.A, step.B, step.C, step.D, height, width);
                if (step.G is not (0 or 1 or 2 or 3))
                {
                    throw new ArgumentException($"{Operation.Crop} by filter {step.G} is not possible: {string.Join(", ", Enum.GetNames<Filter>())} are 0 to 3");
                }

                return (channels, Side(step.E, shape.Height), Side(step.F, shape.Width));
            case Operation.Rotate90:
                Guard.Quarter(step.A);
                return (int)step.A % 2 == 0 ? (channels, height, width) : (channels, width, height);
            case Operation.Select:
                Guard.Select(step.A, step.B, channels);
                return ((int)step.B, height, width);
            default:
                Guard.Step(step, channels, height, width);
                return (channels, height, width);
        }
    }

    private static int Side(float side, int view)
    {
        if (!(side >= 0 && side <= 1 << 15 && side == MathF.Floor(side)))
        {
            throw new ArgumentException($"{Operation.Crop} to a side of {side} px is not possible: a whole number, at most {1 << 15}, or 0 for the view's size");
        }

        return side == 0 ? view : (int)side;
    }
}
