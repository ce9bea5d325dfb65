using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>The Gaussian as a vertical pass into one row and a horizontal pass out of it, the two sides of the kernel folded.</summary>
internal static class Blur
{
    /// <summary>Blurs the front planes into the back ones and swaps them.</summary>
    internal static void Apply<TLanes, TVector>(Scratch scratch, double sigma, int taps)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var source = scratch.Front;
        var result = scratch.Back;
        result.Resize(source.Channels, source.Height, source.Width);
        var half = taps / 2;
        var weights = Scratch.Need(ref scratch.Taps, half + 1).AsSpan(0, half + 1);
        Weights(sigma, weights);
        var row = Scratch.Need(ref scratch.Row, source.Width + (2 * half) + TLanes.Count);
        for (var c = 0; c < source.Channels; c++)
        {
            for (var y = 0; y < source.Height; y++)
            {
                Vertical<TLanes, TVector>(source.Plane(c), y, source.Height, source.Width, weights, row.AsSpan(half));
                for (var k = 1; k <= half; k++)
                {
                    row[half - k] = row[half + k];
                    row[half + source.Width - 1 + k] = row[half + source.Width - 1 - k];
                }

                Horizontal<TLanes, TVector>(row, half, weights, result.Plane(c)[(y * source.Width)..], source.Width);
            }
        }

        scratch.Swap();
    }

    /// <summary>Weights of distance 0, 1, 2 ...; the whole kernel, both sides, sums to 1.</summary>
    private static void Weights(double sigma, Span<float> weights)
    {
        var total = 1.0;
        for (var d = 1; d < weights.Length; d++)
        {
            total += 2 * Math.Exp(-0.5 * (d / sigma) * (d / sigma));
        }

        for (var d = 0; d < weights.Length; d++)
        {
            weights[d] = (float)(Math.Exp(-0.5 * (d / sigma) * (d / sigma)) / total);
        }
    }

    private static void Vertical<TLanes, TVector>(Span<float> plane, int y, int height, int width, ReadOnlySpan<float> weights, Span<float> row)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref MemoryMarshal.GetReference(plane);
        ref var to = ref MemoryMarshal.GetReference(row);
        for (var x = 0; x < width; x += TLanes.Count)
        {
            var sum = TLanes.Multiply(TLanes.Load(ref Unsafe.Add(ref from, (y * width) + x)), TLanes.Create(weights[0]));
            for (var k = 1; k < weights.Length; k++)
            {
                var up = TLanes.Load(ref Unsafe.Add(ref from, (Math.Abs(y - k) * width) + x));
                var down = TLanes.Load(ref Unsafe.Add(ref from, ((height - 1 - Math.Abs(height - 1 - y - k)) * width) + x));
                sum = TLanes.MultiplyAdd(TLanes.Add(up, down), TLanes.Create(weights[k]), sum);
            }

            TLanes.Store(sum, ref Unsafe.Add(ref to, x));
        }
    }

    private static void Horizontal<TLanes, TVector>(float[] row, int half, ReadOnlySpan<float> weights, Span<float> result, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref var from = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(row), half);
        ref var to = ref MemoryMarshal.GetReference(result);
        for (var x = 0; x < width; x += TLanes.Count)
        {
            var sum = TLanes.Multiply(TLanes.Load(ref Unsafe.Add(ref from, x)), TLanes.Create(weights[0]));
            for (var k = 1; k < weights.Length; k++)
            {
                var pair = TLanes.Add(TLanes.Load(ref Unsafe.Add(ref from, x - k)), TLanes.Load(ref Unsafe.Add(ref from, x + k)));
                sum = TLanes.MultiplyAdd(pair, TLanes.Create(weights[k]), sum);
            }

            TLanes.Store(TLanes.Min(sum, TLanes.Create(1)), ref Unsafe.Add(ref to, x));
        }
    }
}
