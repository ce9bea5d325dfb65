using System;

namespace Vantage.Kernels.Reference;

/// <summary>Paints a box over: cutout and random erasing.</summary>
public static class Erase
{
    /// <summary>The box takes the value in every channel; what reaches over the edge is cut.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="top">First row, perhaps outside.</param>
    /// <param name="left">First column, perhaps outside.</param>
    /// <param name="boxHeight">Rows of the box, 0 or more.</param>
    /// <param name="boxWidth">Columns of the box, 0 or more.</param>
    /// <param name="value">In [0, 1].</param>
    /// <exception cref="ArgumentException">The box is negative, or the value lies outside [0, 1].</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, int top, int left, int boxHeight, int boxWidth, double value)
    {
        Guard.Erase(top, left, boxHeight, boxWidth, value);
        return Pixels.Map(channels, height, width, (c, y, x) =>
            y >= top && y < top + boxHeight && x >= left && x < left + boxWidth ? value : image[Pixels.At(c, y, x, height, width)]);
    }
}
