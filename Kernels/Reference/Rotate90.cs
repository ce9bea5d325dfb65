namespace Vantage.Kernels.Reference;

/// <summary>Turns by quarter turns, counter-clockwise, without resampling.</summary>
public static class Rotate90
{
    /// <summary>The turned image; an odd number of quarter turns swaps height and width.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="turns">Quarter turns, any whole number.</param>
    public static double[] Apply(double[] image, int channels, int height, int width, int turns) => (turns & 3) switch
    {
        0 => (double[])image.Clone(),
        1 => Pixels.Map(channels, width, height, (c, y, x) => image[Pixels.At(c, x, width - 1 - y, height, width)]),
        2 => Pixels.Map(channels, height, width, (c, y, x) => image[Pixels.At(c, height - 1 - y, width - 1 - x, height, width)]),
        _ => Pixels.Map(channels, width, height, (c, y, x) => image[Pixels.At(c, height - 1 - x, y, height, width)]),
    };
}
