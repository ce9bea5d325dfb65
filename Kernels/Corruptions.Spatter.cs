using System;
using System.Collections.Generic;

namespace Vantage.Kernels;

// Drops on the lens.
public static partial class Corruptions
{
    /// <summary>
    /// Drops where smoothed normal values are above a bound. Of water: turquoise light along the edges of the drops, as much as said (by OpenCV's Canny, distance transform and equalized histogram);
    /// an image without a drop stays as it is. Of mud: brown where the drops, smoothed once more by so much, are dense.
    /// </summary>
    public static float[] Spatter(
        float[] values, int channels, int height, int width,
        double mean, double deviation, double smoothing, double bound, double strength, bool mud, CorruptionDraws draws)
    {
        var drops = Smooth(draws.Normals(height * width, mean, deviation), height, width, smoothing, 4, Repeated);
        for (var i = 0; i < drops.Length; i++)
        {
            drops[i] = drops[i] < bound ? 0 : drops[i];
        }

        var layer = mud ? Mud(drops, height, width, bound, strength) : Water(drops, height, width, strength);
        double[] colour = mud ? [63, 42, 20] : [175, 238, 238];
        return Joined(InColour(Planes(values, channels), planes =>
        {
            for (var c = 0; c < 3; c++)
            {
                for (var i = 0; i < layer.Length; i++)
                {
                    planes[c][i] = ((mud ? 1 - layer[i] : 1) * planes[c][i]) + (layer[i] * colour[c] / 255);
                }
            }

            return planes;
        }));
    }

    private static double[] Mud(double[] drops, int height, int width, double bound, double smoothing)
    {
        var mask = new double[drops.Length];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = drops[i] > bound ? 1 : 0;
        }

        mask = Smooth(mask, height, width, smoothing, 4, Repeated);
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = mask[i] < 0.8 ? 0 : mask[i];
        }

        return mask;
    }

    private static double[] Water(double[] drops, int height, int width, double strength)
    {
        var bytes = new int[drops.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(255 * drops[i]);
        }

        var far = Distances(Edges(bytes, height, width), height, width);
        int[] ones = [1, 1, 1, 1, 1, 1, 1, 1, 1];
        var levels = Array.ConvertAll(Three(far, height, width, ones), sum => (int)(float)(sum * (1.0 / 9)));
        Equalize(levels);
        int[] slope = [-2, -1, 0, -1, 1, 1, 0, 1, 2];
        var lit = Array.ConvertAll(
            Three(Array.ConvertAll(levels, level => (double)level), height, width, slope), sum => Math.Clamp(sum, 0, 255));
        var light = Array.ConvertAll(Three(lit, height, width, ones), sum => Math.Floor((sum + 4) / 9));
        double most = 0;
        for (var i = 0; i < light.Length; i++)
        {
            light[i] *= bytes[i];
            most = Math.Max(most, light[i]);
        }

        for (var i = 0; i < light.Length; i++)
        {
            light[i] = most > 0 ? light[i] / most * strength : 0;
        }

        return light;
    }

    // Sums over 3 x 3 by these weights, edges mirrored.
    private static double[] Three(double[] plane, int height, int width, int[] weights)
    {
        var result = new double[plane.Length];
        for (var p = 0; p < result.Length; p++)
        {
            for (var k = 0; k < 9; k++)
            {
                var row = Mirrored((p / width) + (k / 3) - 1, height);
                var column = Mirrored((p % width) + (k % 3) - 1, width);
                result[p] += weights[k] * plane[(row * width) + column];
            }
        }

        return result;
    }

    // OpenCV's Canny with thresholds 50 and 150: Sobel with edges repeated, |dx| + |dy|, thinned along the gradient, joined to strong edges by 8 neighbours.
    private static bool[] Edges(int[] bytes, int height, int width)
    {
        const int Weak = 50, Strong = 150, Tangent = 13573; // tan 22.5 degrees in 32768ths
        int Of(int y, int x) => bytes[(Repeated(y, height) * width) + Repeated(x, width)];
        int Across(int y, int x) => Of(y - 1, x + 1) - Of(y - 1, x - 1) + (2 * (Of(y, x + 1) - Of(y, x - 1))) + Of(y + 1, x + 1) - Of(y + 1, x - 1);
        int Down(int y, int x) => Of(y + 1, x - 1) - Of(y - 1, x - 1) + (2 * (Of(y + 1, x) - Of(y - 1, x))) + Of(y + 1, x + 1) - Of(y - 1, x + 1);
        int Size(int y, int x) => y < 0 || y >= height || x < 0 || x >= width ? 0 : Math.Abs(Across(y, x)) + Math.Abs(Down(y, x));
        var thin = new bool[bytes.Length];
        var edge = new bool[bytes.Length];
        var open = new Stack<int>();
        for (var p = 0; p < bytes.Length; p++)
        {
            int y = p / width, x = p % width, size = Size(y, x);
            if (size <= Weak)
            {
                continue;
            }

            int across = Across(y, x), down = Down(y, x);
            long rise = (long)Math.Abs(down) << 15, low = (long)Math.Abs(across) * Tangent, high = low + ((long)Math.Abs(across) << 16);
            var s = (across ^ down) < 0 ? -1 : 1;
            thin[p] = rise < low ? size > Size(y, x - 1) && size >= Size(y, x + 1)
                : rise > high ? size > Size(y - 1, x) && size >= Size(y + 1, x)
                : size > Size(y - 1, x - s) && size > Size(y + 1, x + s);
            if (thin[p] && size > Strong)
            {
                edge[p] = true;
                open.Push(p);
            }
        }

        while (open.TryPop(out var p))
        {
            for (var k = 0; k < 9; k++)
            {
                int y = (p / width) + (k / 3) - 1, x = (p % width) + (k % 3) - 1, q = (y * width) + x;
                if (y >= 0 && y < height && x >= 0 && x < width && thin[q] && !edge[q])
                {
                    edge[q] = true;
                    open.Push(q);
                }
            }
        }

        return edge;
    }

    // The distance to the nearest edge, at most 20: OpenCV's of a 5 x 5 mask, whose steps are 1, 1.4 and 2.1969 in 65536ths.
    private static double[] Distances(bool[] edges, int height, int width)
    {
        const int One = 65536, Diagonal = 91750, Knight = 143976, Far = int.MaxValue / 4;
        (int Y, int X, int Cost)[] steps = [
            (-2, -1, Knight), (-2, 1, Knight), (-1, -2, Knight), (-1, -1, Diagonal), (-1, 0, One), (-1, 1, Diagonal), (-1, 2, Knight), (0, -1, One),
        ];
        var far = Array.ConvertAll(edges, edge => edge ? 0 : Far);
        void Pass(int p, int sign)
        {
            foreach (var (dy, dx, cost) in steps)
            {
                int y = (p / width) + (sign * dy), x = (p % width) + (sign * dx);
                if (y >= 0 && y < height && x >= 0 && x < width)
                {
                    far[p] = Math.Min(far[p], far[(y * width) + x] + cost);
                }
            }
        }

        for (var p = 0; p < far.Length; p++)
        {
            Pass(p, 1);
        }

        for (var p = far.Length - 1; p >= 0; p--)
        {
            Pass(p, -1);
        }

        return Array.ConvertAll(far, distance => Math.Min(20.0, (float)distance / 65536));
    }

    // OpenCV's equalizeHist, in place.
    private static void Equalize(int[] levels)
    {
        var counts = new int[256];
        foreach (var level in levels)
        {
            counts[level]++;
        }

        var first = Array.FindIndex(counts, count => count > 0);
        if (counts[first] == levels.Length)
        {
            return;
        }

        var scale = 255f / (levels.Length - counts[first]);
        var table = new int[256];
        for (int level = first + 1, sum = 0; level < 256; level++)
        {
            sum += counts[level];
            table[level] = (int)Math.Round(sum * scale);
        }

        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = table[levels[i]];
        }
    }
}
