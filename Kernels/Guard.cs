using System;

namespace Vantage.Kernels;

/// <summary>The checks of single steps and their messages; the engines and the reference share them.</summary>
internal static class Guard
{
    /// <summary>Everything about one call of an engine; see <see cref="GuardBatch"/>.</summary>
    internal static void Batch(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, int destination, int threads) =>
        GuardBatch.Check(images, steps, slots, shape, destination, threads);

    /// <summary>A step that changes neither channels nor size.</summary>
    internal static void Step(Step step, int channels, int height, int width)
    {
        switch (step.Operation)
        {
            case Operation.None or Operation.FlipHorizontal or Operation.FlipVertical or Operation.Invert or Operation.AutoContrast or Operation.Equalize:
                break;
            case Operation.Brightness or Operation.ContrastByChannel or Operation.Sharpness or Operation.BoxBlur:
                Factor(step.Operation, step.A);
                break;
            case Operation.Contrast or Operation.Saturation or Operation.Sobel:
                Colour(step.Operation, channels);
                Factor(step.Operation, step.A);
                break;
            case Operation.Add or Operation.Solarize:
                Finite(step.Operation, step.A);
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
            case Operation.Affine:
                Affine([step.A, step.B, step.C, step.D, step.E, step.F], step.G);
                break;
            case Operation.Posterize:
                Bits(step.A);
                break;
            case Operation.Noise:
                Factor(step.Operation, step.A);
                Word(step.Operation, step.B);
                Word(step.Operation, step.C);
                break;
            case Operation.Erase:
                Erase(step.A, step.B, step.C, step.D, step.E);
                break;
            case Operation.Mask:
                Word(step.Operation, step.C);
                Word(step.Operation, step.D);
                Word(step.Operation, step.E);
                Word(step.Operation, step.F);
                Mask(step.A, step.B, []);
                break;
            case Operation.Channels:
                Rgb(step.Operation, channels);
                Sources([Whole(step, step.A), Whole(step, step.B), Whole(step, step.C)]);
                break;
            case Operation.Lab:
                Rgb(step.Operation, channels);
                break;
            default:
                throw new ArgumentException($"operation {(int)step.Operation} is not known");
        }
    }

    /// <summary>A number of quarter turns: whole.</summary>
    internal static void Quarter(double turns)
    {
        if (!(Math.Abs(turns) <= 1 << 24 && turns == Math.Floor(turns)))
        {
            throw new ArgumentException($"{Operation.Rotate90} by {turns} quarter turns is not possible: a whole number is");
        }
    }

    /// <summary>A multiplier: finite and not negative.</summary>
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

    /// <summary>A number of a step: finite.</summary>
    internal static void Finite(Operation operation, double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"{operation} by {value} is not possible: it must be a finite number");
        }
    }

    /// <summary>The bits that posterize keeps.</summary>
    internal static void Bits(double bits)
    {
        if (!(bits >= 1 && bits <= 8 && bits == Math.Floor(bits)))
        {
            throw new ArgumentException($"{Operation.Posterize} to {bits} bits is not possible: a byte keeps 1 to 8 whole bits");
        }
    }

    /// <summary>A whole number of 24 bits, which float32 holds exactly.</summary>
    internal static void Word(Operation operation, double word)
    {
        if (!(word >= 0 && word < 1 << 24 && word == Math.Floor(word)))
        {
            throw new ArgumentException($"{operation} with the word {word} is not possible: it must be a whole number in [0, 2^24)");
        }
    }

    /// <summary>An affine map of six finite numbers and what lies outside.</summary>
    internal static void Affine(ReadOnlySpan<double> map, double fill)
    {
        if (map.Length != 6)
        {
            throw new ArgumentException($"{Operation.Affine} needs 6 numbers, there are {map.Length}");
        }

        foreach (var value in map)
        {
            // Beyond 2^24 pixels float32 cannot tell neighbours apart.
            if (!(Math.Abs(value) <= 1 << 24))
            {
                throw new ArgumentException($"{Operation.Affine} by {value} is not possible: every number must be finite and at most 2^24");
            }
        }

        Value(Operation.Affine, fill);
    }

    /// <summary>A pixel's value.</summary>
    internal static void Value(Operation operation, double value)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw new ArgumentException($"{operation} with the value {value} is not possible: it must lie in [0, 1]");
        }
    }

    /// <summary>A box to erase: whole numbers that fit an image, not negative in size.</summary>
    internal static void Erase(double top, double left, double boxHeight, double boxWidth, double value)
    {
        foreach (var number in (ReadOnlySpan<double>)[top, left, boxHeight, boxWidth])
        {
            if (!(Math.Abs(number) <= 1 << 24 && number == Math.Floor(number)))
            {
                throw new ArgumentException($"{Operation.Erase} of (top {top}, left {left}, {boxHeight} x {boxWidth}) is not possible: {number} is not a whole number of pixels");
            }
        }

        if (boxHeight < 0 || boxWidth < 0)
        {
            throw new ArgumentException($"{Operation.Erase} of {boxHeight} x {boxWidth} is not possible: a box has 0 or more rows and columns");
        }

        Value(Operation.Erase, value);
    }

    /// <summary>A mask's patch, its first patch and its four words.</summary>
    internal static void Mask(double patch, double first, ReadOnlySpan<int> words)
    {
        if (!(patch >= 1 && patch <= 1 << 24 && patch == Math.Floor(patch)))
        {
            throw new ArgumentException($"{Operation.Mask} with patches of {patch} px is not possible: a whole number of at least 1 is");
        }

        Word(Operation.Mask, first);
        foreach (var word in words)
        {
            Word(Operation.Mask, word);
        }
    }

    /// <summary>Where each of three channels comes from.</summary>
    internal static void Sources(ReadOnlySpan<int> sources)
    {
        foreach (var source in sources)
        {
            if (source is < -1 or > 2)
            {
                throw new ArgumentException($"{Operation.Channels} from channel {source} is not possible: 0, 1, 2 are channels, -1 gives zeros");
            }
        }
    }

    /// <summary>Channels that stay.</summary>
    internal static void Select(double first, double count, int channels)
    {
        if (!(first >= 0 && count >= 1 && first == Math.Floor(first) && count == Math.Floor(count) && first + count <= channels))
        {
            throw new ArgumentException($"{Operation.Select} of {count} channels from {first} on is not possible: the image has {channels}");
        }
    }

    /// <summary>A step that is defined for red, green and blue only.</summary>
    internal static void Rgb(Operation operation, int channels)
    {
        if (channels != 3)
        {
            throw new ArgumentException($"{operation} works on 3 channels, the image has {channels}: leave the step out, or give RGB images");
        }
    }

    private static int Whole(Step step, double value) =>
        value == Math.Floor(value) ? (int)value : throw new ArgumentException($"{step.Operation} from channel {value} is not possible: a whole number is");
}
