using System;

namespace Vantage.Kernels;

/// <summary>Numbers in [0, 1) that a corruption draws, one after another: of a key, or listed.</summary>
public sealed class CorruptionDraws
{
    private readonly Func<int, double> draw;
    private int drawn;

    private CorruptionDraws(Func<int, double> draw) => this.draw = draw;

    /// <summary>The draws of a key.</summary>
    public static CorruptionDraws OfKey(ulong key) => new(i =>
    {
        Span<uint> words = stackalloc uint[4];
        Philox.Block(key, (uint)i, 1, 0, 0, words);
        return (words[0] + 0.5) / 4294967296.0;
    });

    /// <summary>Draw i by a function: for tests.</summary>
    public static CorruptionDraws Of(Func<int, double> draw) => new(draw);

    /// <summary>The next one, between these bounds.</summary>
    public double Uniform(double low, double high) => low + ((high - low) * draw(drawn++));

    /// <summary>So many normal ones, of two draws each.</summary>
    internal double[] Normals(int count, double mean, double deviation)
    {
        var result = new double[count];
        for (var i = 0; i < count; i++)
        {
            double length = Math.Sqrt(-2 * Math.Log(Uniform(0, 1))), turn = Uniform(0, 1);
            result[i] = mean + (deviation * length * Math.Cos(2 * Math.PI * turn));
        }

        return result;
    }
}

// What several corruptions are made of, as NumPy's companions do it; planes are rows of double.
public static partial class Corruptions
{
    // ... c b a | a b c ...: SciPy's 'reflect'.
    private static int Reflected(int i, int n)
    {
        while (i < 0 || i >= n)
        {
            i = i < 0 ? -i - 1 : (2 * n) - 1 - i;
        }

        return i;
    }

    // SciPy's gaussian_filter, to so many deviations, along rows and columns.
    private static double[] Smooth(double[] plane, int height, int width, double deviation, double truncate, Func<int, int, int> edge)
    {
        var reach = (int)((truncate * deviation) + 0.5);
        if (reach == 0)
        {
            return plane;
        }

        var kernel = new double[(2 * reach) + 1];
        double total = 0;
        for (var i = -reach; i <= reach; i++)
        {
            total += kernel[i + reach] = Math.Exp(-i * i / (2 * deviation * deviation));
        }

        double[] Along(double[] from, int n, int stride)
        {
            var to = new double[from.Length];
            for (var p = 0; p < to.Length; p++)
            {
                int at = p / stride % n, first = p - (at * stride);
                double sum = 0;
                for (var i = -reach; i <= reach; i++)
                {
                    sum += kernel[i + reach] * from[first + (edge(at + i, n) * stride)];
                }

                to[p] = sum / total;
            }

            return to;
        }

        return Along(Along(plane, height, width), width, 1);
    }

    // The middle of a plane grown by a factor to the plane's size: SciPy's zoom of order 1, in float32 where `single` says so.
    private static double[] ClippedZoom(double[] plane, int height, int width, double factor, bool single)
    {
        int h = (int)Math.Ceiling(height / factor), w = (int)Math.Ceiling(width / factor);
        int top = (height - h) / 2, left = (width - w) / 2;
        int grownHeight = (int)Math.Round(h * factor), grownWidth = (int)Math.Round(w * factor);
        int trimTop = (grownHeight - height) / 2, trimLeft = (grownWidth - width) / 2;
        double down = (h - 1) / (double)Math.Max(1, grownHeight - 1), across = (w - 1) / (double)Math.Max(1, grownWidth - 1);
        var result = new double[height * width];
        for (var p = 0; p < result.Length; p++)
        {
            double y = down * ((p / width) + trimTop), x = across * ((p % width) + trimLeft);
            // Rounding may lead behind the last pixel, where SciPy has zeros.
            if (y > h - 1 || x > w - 1)
            {
                continue;
            }

            double value = Between(plane, width, top, left, h, w, y, x, Repeated);
            result[p] = single ? (float)value : value;
        }

        return result;
    }

    // Bilinear, in the part of a plane that begins at top and left.
    private static double Between(double[] plane, int stride, int top, int left, int h, int w, double y, double x, Func<int, int, int> edge)
    {
        int row = (int)Math.Floor(y), column = (int)Math.Floor(x);
        double below = y - row, right = x - column;
        double At(int r, int c) => plane[((top + edge(r, h)) * stride) + left + edge(c, w)];
        return ((1 - below) * (((1 - right) * At(row, column)) + (right * At(row, column + 1))))
            + (below * (((1 - right) * At(row + 1, column)) + (right * At(row + 1, column + 1))));
    }

    // The value of a weighted mean behind each pixel in one direction, in bytes (ImageMagick 6, MotionBlurImage): weights fall as half a Gaussian over 2 radius + 1 pixels.
    private static double[] Motion(double[] bytes, int height, int width, int radius, double deviation, double degrees)
    {
        var size = (2 * radius) + 1;
        var kernel = new double[size];
        double total = 0;
        for (var i = 0; i < size; i++)
        {
            total += kernel[i] = Math.Exp(-i * i / (2 * deviation * deviation));
        }

        double across = size * Math.Cos(Math.PI * degrees / 180), down = size * Math.Sin(Math.PI * degrees / 180);
        var length = Math.Sqrt((across * across) + (down * down));
        var result = new double[bytes.Length];
        for (var p = 0; p < result.Length; p++)
        {
            double sum = 0;
            for (var i = 0; i < size; i++)
            {
                var row = Repeated((p / width) + (int)Math.Ceiling((i * down / length) - 0.5), height);
                var column = Repeated((p % width) + (int)Math.Ceiling((i * across / length) - 0.5), width);
                sum += kernel[i] / total * bytes[(row * width) + column];
            }

            // 16 bits are rounded, and of them the byte below is kept.
            result[p] = Math.Floor(Math.Floor((257 * sum) + 0.5) / 257);
        }

        return result;
    }

    private static double[][] Planes(float[] values, int channels)
    {
        var area = values.Length / channels;
        var planes = new double[channels][];
        for (var c = 0; c < channels; c++)
        {
            planes[c] = new double[area];
            for (var i = 0; i < area; i++)
            {
                planes[c][i] = values[(c * area) + i];
            }
        }

        return planes;
    }

    private static float[] Joined(double[][] planes)
    {
        var area = planes[0].Length;
        var result = new float[planes.Length * area];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (float)Math.Clamp(planes[i / area][i % area], 0, 1);
        }

        return result;
    }

    // A change of colours on a grey image: of three equal channels, brought back to one by OpenCV's weights.
    private static double[][] InColour(double[][] planes, Func<double[][], double[][]> change)
    {
        if (planes.Length == 3)
        {
            return change(planes);
        }

        var found = change([planes[0], (double[])planes[0].Clone(), (double[])planes[0].Clone()]);
        var grey = new double[planes[0].Length];
        for (var i = 0; i < grey.Length; i++)
        {
            grey[i] = Grey(Math.Clamp(found[0][i], 0, 1), Math.Clamp(found[1][i], 0, 1), Math.Clamp(found[2][i], 0, 1));
        }

        return [grey];
    }

    private static double Grey(double red, double green, double blue) => (0.299 * red) + (0.587 * green) + (0.114 * blue);
}
