namespace Vantage.Kernels.Reference;

/// <summary>Mirrors left and right. Done twice, it gives the image back.</summary>
public static class FlipHorizontal
{
    /// <summary>The mirrored image.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>As many values, each row reversed.</returns>
    public static double[] Apply(double[] image, int channels, int height, int width)
    {
        var result = new double[image.Length];
        for (var row = 0; row < channels * height; row++)
        {
            for (var x = 0; x < width; x++)
            {
                result[(row * width) + x] = image[(row * width) + width - 1 - x];
            }
        }

        return result;
    }
}
