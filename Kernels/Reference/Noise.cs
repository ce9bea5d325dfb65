using System;

namespace Vantage.Kernels.Reference;

/// <summary>Adds normal noise whose numbers are a function of a key and the value's place.</summary>
public static class Noise
{
    /// <summary>x + deviation z, clamped to [0, 1].</summary>
    /// <param name="image">Values in [0, 1].</param>
    /// <param name="deviation">Finite, 0 or more.</param>
    /// <param name="low">The key's lower 24 bits.</param>
    /// <param name="high">The key's upper 24 bits.</param>
    /// <exception cref="ArgumentException">The deviation is negative or not finite, or a half of the key is outside [0, 2^24).</exception>
    public static double[] Apply(double[] image, double deviation, int low, int high)
    {
        Guard.Factor(Operation.Noise, deviation);
        Guard.Word(Operation.Noise, low);
        Guard.Word(Operation.Noise, high);
        var result = new double[image.Length];
        for (var i = 0; i < image.Length; i++)
        {
            result[i] = Math.Clamp(image[i] + (deviation * Normal(low, high, i)), 0, 1);
        }

        return result;
    }

    /// <summary>
    /// Standard normal number i of a key (Box and Muller): of the Philox block with counter (floor(i / 4), 0, 0, 0) and key low + 2^24 high, words 0 and 1 give numbers 0 and
    /// 1 of the four, words 2 and 3 numbers 2 and 3: sqrt(-2 log u) cos(2 pi v) and sqrt(-2 log u) sin(2 pi v), u and v = (word / 512 + 1/2) / 2^23.
    /// </summary>
    public static double Normal(int low, int high, int i)
    {
        Span<uint> words = stackalloc uint[4];
        Philox.Block((uint)low | ((ulong)(uint)high << 24), (uint)i / 4, 0, 0, 0, words);
        var pair = i & 2;
        var length = Math.Sqrt(-2 * Math.Log(Unit(words[pair])));
        var angle = 2 * Math.PI * Unit(words[pair + 1]);
        return length * ((i & 1) == 0 ? Math.Cos(angle) : Math.Sin(angle));
    }

    private static double Unit(uint word) => ((word >> 9) + 0.5) / (1 << 23);
}
