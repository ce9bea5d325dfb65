using System;

namespace Vantage.Kernels.Simd;

/// <summary>Adds normal noise: four numbers a block of Philox, in float32. The logarithm and the circle are the scalar ones.</summary>
internal static class Noise
{
    internal static void Apply(Planes planes, float deviation, int low, int high)
    {
        var key = (uint)low | ((ulong)(uint)high << 24);
        Span<float> four = stackalloc float[4];
        var (place, length) = (0, planes.Channels * planes.Pixels);
        for (; place < length; place += 4)
        {
            Block(key, (uint)place / 4, four);
            for (var k = 0; k < 4 && place + k < length; k++)
            {
                var (c, i) = Math.DivRem(place + k, planes.Pixels);
                ref var value = ref planes.Plane(c)[i];
                value = Math.Clamp(value + (deviation * four[k]), 0, 1);
            }
        }
    }

    private static void Block(ulong key, uint counter, Span<float> four)
    {
        Span<uint> words = stackalloc uint[4];
        Philox.Block(key, counter, 0, 0, 0, words);
        for (var pair = 0; pair < 4; pair += 2)
        {
            var length = MathF.Sqrt(-2 * MathF.Log(Unit(words[pair])));
            var (sine, cosine) = MathF.SinCos(2 * MathF.PI * Unit(words[pair + 1]));
            (four[pair], four[pair + 1]) = (length * cosine, length * sine);
        }
    }

    private static float Unit(uint word) => ((word >> 9) + 0.5f) * (1f / (1 << 23));
}
