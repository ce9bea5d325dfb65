using System;

namespace Vantage.Kernels;

// Weather and colour.
public static partial class Corruptions
{
    /// <summary>Saturation in HSV becomes factor s + more, at most 1; grey pixels have the hue of red.</summary>
    public static float[] Saturate(float[] values, int channels, double factor, double more) =>
        Joined(InColour(Planes(values, channels), planes =>
        {
            for (var i = 0; i < planes[0].Length; i++)
            {
                double r = planes[0][i], g = planes[1][i], b = planes[2][i];
                double largest = Math.Max(r, Math.Max(g, b)), range = largest - Math.Min(r, Math.Min(g, b));
                var wanted = Math.Clamp((largest > 0 ? range / largest * factor : 0) + more, 0, 1);
                for (var c = 0; c < 3; c++)
                {
                    var share = range > 0 ? (largest - planes[c][i]) / range : c == 0 ? 0 : 1;
                    planes[c][i] = largest * (1 - (share * wanted));
                }
            }

            return planes;
        }));

    /// <summary>Lit by a cloud: (x + amount cloud) m / (m + amount), m the image's largest value. The cloud is a plasma fractal whose roughness falls by a factor from one scale to the next.</summary>
    public static float[] Fog(float[] values, int height, int width, double amount, double decay, CorruptionDraws draws)
    {
        var side = 32;
        while (side < Math.Max(height, width))
        {
            side *= 2;
        }

        var cloud = Plasma(side, decay, draws);
        double most = 0;
        foreach (var value in values)
        {
            most = Math.Max(most, value);
        }

        return Each(values, (x, i) =>
        {
            var p = i % (height * width);
            return (x + (amount * cloud[(p / width * side) + (p % width)])) * most / (most + amount);
        });
    }

    // Diamond-square on a torus, brought to [0, 1]; each scale draws its squares, then the middles of their upper edges, then of their left ones, all by rows.
    private static double[] Plasma(int side, double decay, CorruptionDraws draws)
    {
        var map = new double[side * side];
        double At(int y, int x) => map[((y + side) % side * side) + ((x + side) % side)];
        double roughness = 100;
        for (var step = side; step >= 2; step /= 2, roughness /= decay)
        {
            var half = step / 2;
            double Mean(double sum) => (sum / 4) + (roughness * draws.Uniform(-roughness, roughness));
            for (var y = 0; y < side; y += step)
            {
                for (var x = 0; x < side; x += step)
                {
                    map[((y + half) * side) + x + half] = Mean(At(y, x) + At(y + step, x) + At(y, x + step) + At(y + step, x + step));
                }
            }

            for (var y = 0; y < side; y += step)
            {
                for (var x = 0; x < side; x += step)
                {
                    map[(y * side) + x + half] =
                        Mean(At(y + half, x + half) + At(y - half, x + half) + At(y, x) + At(y, x + step));
                }
            }

            for (var y = 0; y < side; y += step)
            {
                for (var x = 0; x < side; x += step)
                {
                    map[((y + half) * side) + x] =
                        Mean(At(y + half, x + half) + At(y + half, x - half) + At(y, x) + At(y + step, x));
                }
            }
        }

        double least = map[0], largest = map[0];
        foreach (var value in map)
        {
            least = Math.Min(least, value);
            largest = Math.Max(largest, value);
        }

        for (var i = 0; i < map.Length; i++)
        {
            map[i] = (map[i] - least) / (largest - least);
        }

        return map;
    }

    /// <summary>
    /// Flakes in front: normal values of this mean and deviation, grown by a factor, those below a bound left out, driven down by ImageMagick's motion blur; they are added, and once more turned by
    /// half; the image behind is whitened by the share that it does not keep.
    /// </summary>
    public static float[] Snow(
        float[] values, int channels, int height, int width,
        double mean, double deviation, double growth, double bound, int radius, double blur, double keeps, CorruptionDraws draws)
    {
        var flakes = ClippedZoom(draws.Normals(height * width, mean, deviation), height, width, growth, false);
        for (var i = 0; i < flakes.Length; i++)
        {
            flakes[i] = flakes[i] < bound ? 0 : Math.Floor(255 * Math.Clamp(flakes[i], 0, 1));
        }

        flakes = Motion(flakes, height, width, radius, blur, draws.Uniform(-135, -45));
        var planes = Planes(values, channels);
        for (var i = 0; i < flakes.Length; i++)
        {
            var grey = channels == 3 ? Grey(planes[0][i], planes[1][i], planes[2][i]) : planes[0][i];
            var fallen = (flakes[i] + flakes[flakes.Length - 1 - i]) / 255;
            foreach (var plane in planes)
            {
                plane[i] = (keeps * plane[i]) + ((1 - keeps) * Math.Max(plane[i], (grey * 1.5) + 0.5)) + fallen;
            }
        }

        return Joined(planes);
    }
}
