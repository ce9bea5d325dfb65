namespace Vantage.Kernels.Reference;

/// <summary>Ends every view: (x - mean) / deviation of each channel.</summary>
public static class Standardize
{
    /// <summary>The standardized image.</summary>
    /// <param name="image">Values, channel after channel.</param>
    /// <param name="mean">One value for each channel.</param>
    /// <param name="deviation">One positive value for each channel.</param>
    /// <returns>As many values.</returns>
    public static double[] Apply(double[] image, float[] mean, float[] deviation)
    {
        var plane = image.Length / mean.Length;
        var result = new double[image.Length];
        for (var i = 0; i < image.Length; i++)
        {
            result[i] = (image[i] - mean[i / plane]) / deviation[i / plane];
        }

        return result;
    }
}
