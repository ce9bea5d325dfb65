namespace Vantage.Kernels;

/// <summary>What a step of a view does to an image whose values lie in [0, 1].</summary>
public enum Operation
{
    /// <summary>Nothing: what a closed gate writes.</summary>
    None = 0,

    /// <summary>Cut out rows A..A+C and columns B..B+D (top, left, height, width; whole pixels) and resize to the view's size.</summary>
    Crop,

    /// <summary>Mirror left and right.</summary>
    FlipHorizontal,

    /// <summary>x * A, clamped to [0, 1]; 1 leaves the image as it is.</summary>
    Brightness,

    /// <summary>A x + (1 - A) m, clamped, m the mean of the image's grey (of 1 channel: its own mean); 1 leaves the image as it is.</summary>
    Contrast,

    /// <summary>A x + (1 - A) grey(x), clamped, pixel by pixel; 1 leaves the image as it is.</summary>
    Saturation,

    /// <summary>Turns the hue (HSV) by A of a full turn; 0 leaves the image as it is, and so does every whole number.</summary>
    Hue,

    /// <summary>0.2989 R + 0.587 G + 0.114 B in every channel: torchvision's weights, which sum to 0.9999.</summary>
    Grayscale,

    /// <summary>Gaussian of standard deviation A pixels over a square of B x B taps (B odd), edges reflected; sigma 0 leaves the image as it is.</summary>
    Blur,
}

/// <summary>One step of one view of one image: an operation with its values. Kernels receive values, never generators.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="A">First value; see the operation.</param>
/// <param name="B">Second value.</param>
/// <param name="C">Third value.</param>
/// <param name="D">Fourth value.</param>
public readonly record struct Step(Operation Operation, float A, float B, float C, float D);
