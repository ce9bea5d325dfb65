namespace Vantage.Kernels.Reference;

/// <summary>Mirrors top and bottom.</summary>
public static class FlipVertical
{
    /// <summary>Row y becomes row height - 1 - y.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static double[] Apply(double[] image, int channels, int height, int width) =>
        Pixels.Map(channels, height, width, (c, y, x) => image[Pixels.At(c, height - 1 - y, x, height, width)]);
}
