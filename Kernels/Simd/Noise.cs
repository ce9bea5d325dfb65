using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Adds normal noise. Blocks of Philox fill a buffer word by word, so that logarithms and circles take a vector of blocks at a time; the four numbers
/// of a block go back beside each other when they are added.
/// </summary>
internal static class Noise
{
    /// <summary>Blocks made at a time: four rows of this many words.</summary>
    private const int Blocks = 256;

    internal static void Apply<TLanes, TVector>(Planes planes, Scratch scratch, float deviation, int low, int high)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var key = (uint)low | ((ulong)(uint)high << 24);
        var numbers = Scratch.Need(ref scratch.Normals, 4 * Blocks);
        var length = planes.Channels * planes.Pixels;
        for (var start = 0; start < length; start += 4 * Blocks)
        {
            Fill<TLanes, TVector>(key, (uint)start / 4, numbers);
            for (var from = start; from < Math.Min(start + (4 * Blocks), length);)
            {
                var (c, i) = Math.DivRem(from, planes.Pixels);
                var run = Math.Min(Math.Min(start + (4 * Blocks), length) - from, planes.Pixels - i);
                AddTo(planes.Plane(c).Slice(i, run), numbers, from - start, deviation);
                from += run;
            }
        }
    }

    /// <summary>Number k of a buffer is word k mod 4 of block k / 4.</summary>
    private static void AddTo(Span<float> values, float[] numbers, int first, float deviation)
    {
        ref var from = ref MemoryMarshal.GetArrayDataReference(numbers);
        for (var i = 0; i < values.Length; i++)
        {
            var k = first + i;
            values[i] = Math.Clamp(values[i] + (deviation * Unsafe.Add(ref from, ((k & 3) * Blocks) + (k >> 2))), 0, 1);
        }
    }

    private static void Fill<TLanes, TVector>(ulong key, uint first, float[] numbers)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Span<uint> words = stackalloc uint[4];
        for (var block = 0; block < Blocks; block++)
        {
            Philox.Block(key, first + (uint)block, 0, 0, 0, words);
            for (var k = 0; k < 4; k++)
            {
                numbers[(k * Blocks) + block] = ((words[k] >> 9) + 0.5f) * (1f / (1 << 23));
            }
        }

        ref var at = ref MemoryMarshal.GetArrayDataReference(numbers);
        for (var pair = 0; pair < 4; pair += 2)
        {
            for (var i = 0; i < Blocks; i += TLanes.Count)
            {
                ref var u = ref Unsafe.Add(ref at, (pair * Blocks) + i);
                ref var v = ref Unsafe.Add(ref u, Blocks);
                var length = TLanes.Sqrt(TLanes.Multiply(TLanes.Create(-2), TLanes.Log(TLanes.Load(ref u))));
                var (sine, cosine) = TLanes.SinCos(TLanes.Multiply(TLanes.Create(2 * MathF.PI), TLanes.Load(ref v)));
                TLanes.Store(TLanes.Multiply(length, cosine), ref u);
                TLanes.Store(TLanes.Multiply(length, sine), ref v);
            }
        }
    }
}
