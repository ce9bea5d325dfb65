using System;

namespace Vantage.Kernels.Reference;

/// <summary>Takes patches of a grid away, 96 patches a step.</summary>
public static class Mask
{
    /// <summary>Patches that one step can name.</summary>
    public const int Patches = 96;

    /// <summary>Bits of a word: a whole number that float32 holds exactly.</summary>
    public const int Bits = 24;

    /// <summary>Where a patch is set, its values become 0; see <see cref="Operation.Mask"/>.</summary>
    /// <param name="image">channels x height x width values.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="patch">Side of a patch in pixels.</param>
    /// <param name="first">The patch of the first bit.</param>
    /// <param name="words">Four words of 24 bits.</param>
    /// <exception cref="ArgumentException">The patch is not positive, the first is negative, or a word is outside [0, 2^24).</exception>
    public static double[] Apply(double[] image, int channels, int height, int width, int patch, int first, int[] words)
    {
        Guard.Mask(patch, first, words);
        var columns = (width + patch - 1) / patch;
        return Pixels.Map(channels, height, width, (c, y, x) =>
        {
            var bit = (y / patch * columns) + (x / patch) - first;
            var set = bit >= 0 && bit < Patches && ((words[bit / Bits] >> (bit % Bits)) & 1) == 1;
            return set ? 0 : image[Pixels.At(c, y, x, height, width)];
        });
    }
}
