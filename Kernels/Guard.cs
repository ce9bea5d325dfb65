using System;

namespace Vantage.Kernels;

/// <summary>The checks of the view engines and their messages. Both engines check a whole batch before they touch a pixel.</summary>
internal static class Guard
{
    /// <summary>Images, steps, shape and destination of one call fit each other, and every step can be done.</summary>
    internal static void Batch(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, int destination, int threads)
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

    /// <summary>A multiplier of a colour step: finite and not negative.</summary>
    internal static void Factor(Operation operation, double factor)
    {
        if (!double.IsFinite(factor) || factor < 0)
        {
            throw new ArgumentException($"{operation} by {factor} is not possible: the factor must be a finite number, 0 or more");
        }
    }

    /// <summary>A share of a full turn: finite.</summary>
    internal static void Turn(double turn)
    {
        if (!double.IsFinite(turn))
        {
            throw new ArgumentException($"{Operation.Hue} by {turn} turns is not possible: the turn must be a finite number");
        }
    }

    /// <summary>A colour step knows grey (1 channel) and red, green, blue (3).</summary>
    internal static void Colour(Operation operation, int channels)
    {
        if (channels != 1 && channels != 3)
        {
            throw new ArgumentException($"{operation} works on 1 channel or 3, the image has {channels}: leave the step out, or give grey or RGB images");
        }
    }

    /// <summary>A Gaussian's taps: an odd count whose reflected half lies inside the image (as torchvision's reflect padding).</summary>
    internal static void Blur(double sigma, double taps, int height, int width)
    {
        if (!double.IsFinite(sigma) || sigma < 0)
        {
            throw new ArgumentException($"{Operation.Blur} with sigma {sigma} is not possible: sigma must be a finite number, 0 or more");
        }

        if (!(taps >= 1 && taps <= int.MaxValue && taps % 2 == 1))
        {
            throw new ArgumentException($"{Operation.Blur} over {taps} taps is not possible: the taps must be an odd whole number, 1 or more");
        }

        var side = Math.Min(height, width);
        if (sigma > 0 && taps > (2.0 * side) - 1)
        {
            throw new ArgumentException($"{Operation.Blur} over {taps} taps reflects {(taps - 1) / 2} pixels at each edge, but the image is {height} x {width}: use at most {(2 * side) - 1} taps");
        }
    }

    /// <summary>A crop's box: whole pixels, not empty, inside the image.</summary>
    internal static void Box(double top, double left, double boxHeight, double boxWidth, int height, int width)
    {
        foreach (var value in (ReadOnlySpan<double>)[top, left, boxHeight, boxWidth])
        {
            if (!double.IsFinite(value) || value != Math.Floor(value))
            {
                throw new ArgumentException($"{Operation.Crop} of (top {top}, left {left}, {boxHeight} x {boxWidth}) is not possible: {value} is not a whole number of pixels");
            }
        }

        if (top < 0 || left < 0 || boxHeight < 1 || boxWidth < 1 || top + boxHeight > height || left + boxWidth > width)
        {
            throw new ArgumentException($"{Operation.Crop} of (top {top}, left {left}, {boxHeight} x {boxWidth}) does not lie inside the image of {height} x {width}");
        }
    }

    private static void Shape(ViewShape shape)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || (long)shape.Channels * shape.Height * shape.Width > int.MaxValue / 8)
        {
            throw new ArgumentException($"a view of {shape.Channels} x {shape.Height} x {shape.Width} is not possible: every dimension must be at least 1, all values at most {int.MaxValue / 8}");
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

    private static void View(Image image, ReadOnlySpan<Step> steps, ViewShape shape, int number)
    {
        if (image.Pixels is null)
        {
            throw new ArgumentException($"image {number} has no pixels: make it by Image's constructor");
        }

        if (image.Channels != shape.Channels)
        {
            throw new ArgumentException($"image {number} has {image.Channels} channels, the view {shape.Channels}");
        }

        var (height, width) = (image.Height, image.Width);
        foreach (var step in steps)
        {
            if (step.Operation is Operation.Crop)
            {
                Box(step.A, step.B, step.C, step.D, height, width);
                (height, width) = (shape.Height, shape.Width);
            }
            else
            {
                Step(step, image.Channels, height, width);
            }
        }

        if (height != shape.Height || width != shape.Width)
        {
            throw new ArgumentException($"image {number} is {height} x {width} and has no {Operation.Crop} step, but the view is {shape.Height} x {shape.Width}: add a crop, or give images of the view's size");
        }
    }

    private static void Step(Step step, int channels, int height, int width)
    {
        switch (step.Operation)
        {
            case Operation.None or Operation.FlipHorizontal:
                break;
            case Operation.Brightness or Operation.Contrast or Operation.Saturation:
                Colour(step.Operation, channels);
                Factor(step.Operation, step.A);
                break;
            case Operation.Hue:
                Colour(step.Operation, channels);
                Turn(step.A);
                break;
            case Operation.Grayscale:
                Colour(step.Operation, channels);
                break;
            case Operation.Blur:
                Blur(step.A, step.B, height, width);
                break;
            default:
                throw new ArgumentException($"operation {(int)step.Operation} is not known");
        }
    }
}
