using System;

namespace Vantage.Kernels.Reference;

/// <summary>An image between two steps, in double precision.</summary>
/// <param name="Values">Channels x height x width values in [0, 1].</param>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record Picture(double[] Values, int Channels, int Height, int Width)
{
    /// <summary>The image as it is stored.</summary>
    public static Picture Of(Image image)
    {
        var values = new double[image.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = image.At(i);
        }

        return new Picture(values, image.Channels, image.Height, image.Width);
    }

    /// <summary>The image after one step. A crop that names no size of its own gives height x width.</summary>
    /// <exception cref="ArgumentException">The step cannot be done, or is one of tiles.</exception>
    public Picture Do(Step step, int height, int width) => step.Operation switch
    {
        Operation.None => this,
        Operation.Crop => Crop(step, step.E > 0 ? (int)step.E : height, step.F > 0 ? (int)step.F : width),
        Operation.FlipHorizontal => With(FlipHorizontal.Apply(Values, Channels, Height, Width)),
        Operation.FlipVertical => With(FlipVertical.Apply(Values, Channels, Height, Width)),
        Operation.Rotate90 when (int)step.A % 2 != 0 => new Picture(Rotate90.Apply(Values, Channels, Height, Width, (int)step.A), Channels, Width, Height),
        Operation.Rotate90 => With(Rotate90.Apply(Values, Channels, Height, Width, (int)step.A)),
        Operation.Affine => With(Affine.Apply(Values, Channels, Height, Width, [step.A, step.B, step.C, step.D, step.E, step.F], step.G)),
        Operation.Brightness => With(Brightness.Apply(Values, step.A)),
        Operation.Add => With(Add.Apply(Values, step.A)),
        Operation.Contrast => With(Contrast.Apply(Values, Channels, step.A)),
        Operation.ContrastByChannel => With(ContrastByChannel.Apply(Values, Channels, step.A)),
        Operation.Saturation => With(Saturation.Apply(Values, Channels, step.A)),
        Operation.Hue => With(Hue.Apply(Values, Channels, step.A)),
        Operation.Grayscale => With(Grayscale.Apply(Values, Channels)),
        Operation.Solarize => With(Solarize.Apply(Values, step.A)),
        Operation.Posterize => With(Posterize.Apply(Values, (int)step.A)),
        Operation.Invert => With(Invert.Apply(Values)),
        Operation.AutoContrast => With(AutoContrast.Apply(Values, Channels)),
        Operation.Equalize => With(Equalize.Apply(Values, Channels)),
        Operation.Blur => With(Blur.Apply(Values, Channels, Height, Width, step.A, (int)step.B)),
        Operation.BoxBlur => With(BoxBlur.Apply(Values, Channels, Height, Width, step.A)),
        Operation.Sharpness => With(Sharpness.Apply(Values, Channels, Height, Width, step.A)),
        Operation.Sobel => With(Sobel.Apply(Values, Channels, Height, Width, step.A)),
        Operation.Noise => With(Noise.Apply(Values, step.A, (int)step.B, (int)step.C)),
        Operation.Erase => With(Erase.Apply(Values, Channels, Height, Width, (int)step.A, (int)step.B, (int)step.C, (int)step.D, step.E)),
        Operation.Mask => With(Mask.Apply(Values, Channels, Height, Width, (int)step.A, (int)step.B, [(int)step.C, (int)step.D, (int)step.E, (int)step.F])),
        Operation.Channels => With(Reference.Channels.Apply(Values, [(int)step.A, (int)step.B, (int)step.C])),
        Operation.Lab => With(Lab.Apply(Values)),
        Operation.Select => new Picture(Select.Apply(Values, Channels, (int)step.A, (int)step.B), (int)step.B, Height, Width),
        _ => throw new ArgumentException($"operation {step.Operation} is not one step of a single image"),
    };

    /// <summary>A box of whole pixels, as it is.</summary>
    internal Picture Box(int top, int left, int boxHeight, int boxWidth) =>
        new(Pixels.Map(Channels, boxHeight, boxWidth, (c, y, x) => Values[Pixels.At(c, top + y, left + x, Height, Width)]), Channels, boxHeight, boxWidth);

    /// <summary>Weights that sum to 1 only up to rounding must not carry white above 1, nor its negative below 0.</summary>
    private Picture With(double[] values) => this with { Values = Array.ConvertAll(values, x => Math.Clamp(x, 0, 1)) };

    private Picture Crop(Step step, int height, int width) => new Picture([], Channels, height, width).With(
        Reference.Crop.Apply(Values, Channels, Height, Width, (int)step.A, (int)step.B, (int)step.C, (int)step.D, height, width, (Filter)(int)step.G));
}
