using System;

namespace Vantage.Kernels;

/// <summary>
/// Common corruptions of images (Hendrycks and Dietterich 2019, arXiv 1903.12261; ImageNet-C/create_c/make_cifar_c.py of hendrycks/robustness), on planar values in [0, 1]. Chance comes from a
/// key: the same key gives the same image. They measure robustness and train nothing, so that each is one plain loop.
/// </summary>
public static partial class Corruptions
{
    /// <summary>x + deviation z, clamped, z standard normal for each value.</summary>
    public static float[] GaussianNoise(float[] values, double deviation, ulong key) =>
        Each(values, (x, i) => x + (deviation * Normal(key, i)));

    /// <summary>x + deviation x z, clamped, z standard normal for each value.</summary>
    public static float[] SpeckleNoise(float[] values, double deviation, ulong key) =>
        Each(values, (x, i) => x + (deviation * x * Normal(key, i)));

    /// <summary>A Poisson number of mean photons x, over photons, clamped; x is taken to the nearest of 256 levels, as images are stored.</summary>
    public static float[] ShotNoise(float[] values, int photons, ulong key)
    {
        var levels = new double[256][];
        return Each(values, (x, i) =>
        {
            var level = (int)Math.Round(255 * Math.Clamp(x, 0, 1));
            var table = levels[level] ??= PoissonTable(photons * level / 255.0);
            var found = Array.BinarySearch(table, Uniform(key, i, 0));
            return (found < 0 ? ~found : found + 1) / (double)photons;
        });
    }

    /// <summary>A share of all values becomes 0 or 1, each alike (skimage's salt and pepper).</summary>
    public static float[] ImpulseNoise(float[] values, double share, ulong key) =>
        Each(values, (x, i) => Uniform(key, i, 0) >= share ? x : Uniform(key, i, 1) < 0.5 ? 1 : 0);

    /// <summary>Gaussian of this deviation in pixels, to 4 deviations, edges repeated (skimage's gaussian).</summary>
    public static float[] GaussianBlur(float[] values, int height, int width, double deviation)
    {
        var reach = (int)((4 * deviation) + 0.5);
        var size = (2 * reach) + 1;
        var kernel = new double[size * size];
        for (var i = 0; i < kernel.Length; i++)
        {
            double y = (i / size) - reach, x = (i % size) - reach;
            kernel[i] = Math.Exp(-((x * x) + (y * y)) / (2 * deviation * deviation));
        }

        return Convolve(values, height, width, kernel, size, Repeated);
    }

    /// <summary>A disk of this radius in pixels, itself smoothed over 3 x 3 by a Gaussian of this deviation, edges mirrored (OpenCV's filter2D).</summary>
    public static float[] DefocusBlur(float[] values, int height, int width, double radius, double smoothing)
    {
        var reach = (int)radius + 1;
        var size = (2 * reach) + 1;
        var disk = new double[size * size];
        var side = Math.Exp(-1 / (2 * smoothing * smoothing));
        for (var y = -reach; y <= reach; y++)
        {
            for (var x = -reach; x <= reach; x++)
            {
                for (var dy = -1; dy <= 1; dy++)
                {
                    for (var dx = -1; dx <= 1; dx++)
                    {
                        int from = y + dy, at = x + dx;
                        var inside = (from * from) + (at * at) <= radius * radius;
                        disk[((y + reach) * size) + x + reach] += inside ? (dy == 0 ? 1 : side) * (dx == 0 ? 1 : side) : 0;
                    }
                }
            }
        }

        return Convolve(values, height, width, disk, size, Mirrored);
    }

    /// <summary>The largest channel of each pixel grows by this much, at most to 1, hue and saturation stay (HSV); a black pixel becomes grey.</summary>
    public static float[] Brightness(float[] values, int channels, double amount)
    {
        var area = values.Length / channels;
        var result = new float[values.Length];
        for (var i = 0; i < area; i++)
        {
            double largest = 0;
            for (var c = 0; c < channels; c++)
            {
                largest = Math.Max(largest, values[(c * area) + i]);
            }

            var wanted = Math.Clamp(largest + amount, 0, 1);
            for (var c = 0; c < channels; c++)
            {
                result[(c * area) + i] = (float)(largest > 0 ? values[(c * area) + i] * wanted / largest : wanted);
            }
        }

        return result;
    }

    /// <summary>m + factor (x - m), clamped, m the mean of each channel.</summary>
    public static float[] Contrast(float[] values, int channels, double factor)
    {
        var area = values.Length / channels;
        var means = new double[channels];
        for (var i = 0; i < values.Length; i++)
        {
            means[i / area] += values[i] / (double)area;
        }

        return Each(values, (x, i) => means[i / area] + (factor * (x - means[i / area])));
    }

    /// <summary>Shrunk to this share of its sides and grown again, by Pillow's BOX filter both times.</summary>
    public static float[] Pixelate(float[] values, int channels, int height, int width, double share)
    {
        int h = Math.Max(1, (int)(height * share)), w = Math.Max(1, (int)(width * share));
        var small = Resize(Resize(values, channels * height, width, 1, w), channels, height, w, h);
        return Resize(Resize(small, channels * h, w, 1, width), channels, h, width, height);
    }

    // Blocks of n x inner numbers along n to m numbers: the mean of those whose centres the box of an output covers.
    private static float[] Resize(float[] source, int blocks, int n, int inner, int m)
    {
        var scale = n / (double)m;
        var support = 0.5 * Math.Max(scale, 1);
        var result = new float[blocks * m * inner];
        for (var o = 0; o < m; o++)
        {
            var centre = (o + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5)), end = Math.Min(n, (int)(centre + support + 0.5));
            for (var b = 0; b < blocks; b++)
            {
                for (var k = 0; k < inner; k++)
                {
                    double sum = 0;
                    for (var i = first; i < end; i++)
                    {
                        sum += source[(((b * n) + i) * inner) + k];
                    }

                    result[(((b * m) + o) * inner) + k] = (float)(sum / (end - first));
                }
            }
        }

        return result;
    }

    private static float[] Convolve(float[] values, int height, int width, double[] kernel, int size, Func<int, int, int> edge)
    {
        double total = 0;
        foreach (var weight in kernel)
        {
            total += weight;
        }

        var reach = size / 2;
        var result = new float[values.Length];
        for (var p = 0; p < values.Length; p++)
        {
            int x = p % width, y = p / width % height, plane = p / (width * height);
            double sum = 0;
            for (var k = 0; k < kernel.Length; k++)
            {
                var row = edge(y + (k / size) - reach, height);
                var column = edge(x + (k % size) - reach, width);
                sum += kernel[k] * values[(((plane * height) + row) * width) + column];
            }

            result[p] = (float)Math.Clamp(sum / total, 0, 1);
        }

        return result;
    }

    private static int Repeated(int i, int n) => Math.Clamp(i, 0, n - 1);

    private static int Mirrored(int i, int n)
    {
        while (n > 1 && (i < 0 || i >= n))
        {
            i = i < 0 ? -i : (2 * (n - 1)) - i;
        }

        return n == 1 ? 0 : i;
    }

    // P(X <= k) for k = 0, 1 ..., until nothing is missing to 1 in double precision.
    private static double[] PoissonTable(double mean)
    {
        var most = (int)(mean + (12 * Math.Sqrt(mean)) + 20);
        var table = new double[most];
        double logarithm = -mean, sum = 0;
        for (var k = 0; k < most; k++)
        {
            sum += Math.Exp(logarithm);
            table[k] = sum;
            logarithm += mean > 0 ? Math.Log(mean / (k + 1)) : double.NegativeInfinity;
        }

        return table;
    }

    private static float[] Each(float[] values, Func<double, int, double> change)
    {
        var result = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            result[i] = (float)Math.Clamp(change(values[i], i), 0, 1);
        }

        return result;
    }

    // Draw 0 or 1 of value i.
    private static double Uniform(ulong key, int i, int draw)
    {
        Span<uint> words = stackalloc uint[4];
        Philox.Block(key, (uint)i, 0, 0, 0, words);
        return (words[draw] + 0.5) / 4294967296.0;
    }

    private static double Normal(ulong key, int i)
    {
        Span<uint> words = stackalloc uint[4];
        Philox.Block(key, (uint)i, 0, 0, 0, words);
        return Math.Sqrt(-2 * Math.Log((words[0] + 0.5) / 4294967296.0)) * Math.Cos(2 * Math.PI * ((words[1] + 0.5) / 4294967296.0));
    }
}
