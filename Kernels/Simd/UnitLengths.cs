using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>Rows divided by their lengths, and the way back, in float32 on the CPU: one sweep each. Answers are the same bits for any number of threads.</summary>
public static unsafe class UnitLengths
{
    /// <summary>u_i = z_i / max(|z_i|, floor), and those lengths; squares are taken of z_i over its largest value, so that 1e30 stays finite.</summary>
    /// <param name="z">Rows x width values, row-major.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="floor">The least length, positive.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="unit">As many values as z.</param>
    /// <param name="lengths">One for each row.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static void Forward(ReadOnlySpan<float> z, int width, float floor, int threads, Span<float> unit, Span<float> lengths, int bits)
    {
        Check(z.Length, unit.Length, width, lengths.Length);
        fixed (float* x = z, u = unit, l = lengths)
        {
            switch (bits)
            {
                case 512: Lanes<Lanes512, Vector512<float>>.Forward(x, width, floor, threads, u, l, lengths.Length); break;
                case 256: Lanes<Lanes256, Vector256<float>>.Forward(x, width, floor, threads, u, l, lengths.Length); break;
                case 32: Lanes<Lanes1, float>.Forward(x, width, floor, threads, u, l, lengths.Length); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    /// <summary>The gradient with respect to z of a loss with these slopes with respect to u; below the floor a length does not depend on z.</summary>
    /// <inheritdoc cref="Forward"/>
    public static void Backward(
        ReadOnlySpan<float> unit, ReadOnlySpan<float> slopes, ReadOnlySpan<float> lengths, int width, float floor, int threads, Span<float> gradient, int bits)
    {
        Check(unit.Length, slopes.Length, width, lengths.Length);
        Check(unit.Length, gradient.Length, width, lengths.Length);
        fixed (float* u = unit, du = slopes, l = lengths, to = gradient)
        {
            switch (bits)
            {
                case 512: Lanes<Lanes512, Vector512<float>>.Backward(u, du, l, width, floor, threads, to, lengths.Length); break;
                case 256: Lanes<Lanes256, Vector256<float>>.Backward(u, du, l, width, floor, threads, to, lengths.Length); break;
                case 32: Lanes<Lanes1, float>.Backward(u, du, l, width, floor, threads, to, lengths.Length); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    private static void Check(int values, int others, int width, int rows)
    {
        if (width < 1 || values != others || values != (long)rows * width)
        {
            throw new ArgumentException($"{values} and {others} values do not fit {rows} rows of {width}");
        }
    }

    /// <summary>What is done to each row.</summary>
    internal static class Lanes<TLanes, TVector>
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        private const int Unit = 64;

        public static void Forward(float* z, int width, float floor, int threads, float* unit, float* lengths, int rows) =>
            Each(rows, width, threads, i => lengths[i] = Forward(z + ((long)i * width), width, floor, unit + ((long)i * width)));

        public static void Backward(float* unit, float* slopes, float* lengths, int width, float floor, int threads, float* gradient, int rows) =>
            Each(rows, width, threads, i =>
            {
                var at = (long)i * width;
                Backward(unit + at, slopes + at, lengths[i], lengths[i] > floor, width, gradient + at);
            });

        private static void Each(int rows, int width, int threads, Action<int> row)
        {
            var alone = (long)rows * width < 1 << 15; // waking a thread takes as long
            Team.For((rows + Unit - 1) / Unit, alone ? 1 : threads, unit =>
            {
                for (var i = unit * Unit; i < Math.Min(rows, (unit + 1) * Unit); i++)
                {
                    row(i);
                }
            });
        }

        /// <summary>One row; its length.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static float Forward(float* z, int width, float floor, float* unit)
        {
            var whole = width - (width % TLanes.Count);
            TVector zero = default;
            var highest = zero;
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var value = TLanes.Load(ref z[k]);
                highest = TLanes.Max(highest, TLanes.Max(value, TLanes.Subtract(zero, value)));
            }

            var largest = Math.Max(floor, TLanes.Range(highest).High);
            for (var k = whole; k < width; k++)
            {
                largest = Math.Max(largest, Math.Abs(z[k]));
            }

            var (inverse, sum) = (TLanes.Create(1 / largest), zero);
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var value = TLanes.Multiply(TLanes.Load(ref z[k]), inverse);
                sum = TLanes.MultiplyAdd(value, value, sum);
            }

            var squares = TLanes.Sum(sum);
            for (var k = whole; k < width; k++)
            {
                squares += z[k] / largest * (z[k] / largest);
            }

            var length = Math.Max(MathF.Sqrt(squares) * largest, floor);
            var divisor = TLanes.Create(length);
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                TLanes.Store(TLanes.Divide(TLanes.Load(ref z[k]), divisor), ref unit[k]);
            }

            for (var k = whole; k < width; k++)
            {
                unit[k] = z[k] / length;
            }

            return length;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Backward(float* unit, float* slopes, float length, bool free, int width, float* gradient)
        {
            var whole = width - (width % TLanes.Count);
            TVector sum = default;
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                sum = TLanes.MultiplyAdd(TLanes.Load(ref unit[k]), TLanes.Load(ref slopes[k]), sum);
            }

            var radial = TLanes.Sum(sum);
            for (var k = whole; k < width; k++)
            {
                radial += unit[k] * slopes[k];
            }

            radial = free || float.IsNaN(radial) ? radial : 0;
            var (along, divisor) = (TLanes.Create(-radial), TLanes.Create(length));
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var value = TLanes.MultiplyAdd(TLanes.Load(ref unit[k]), along, TLanes.Load(ref slopes[k]));
                TLanes.Store(TLanes.Divide(value, divisor), ref gradient[k]);
            }

            for (var k = whole; k < width; k++)
            {
                gradient[k] = (slopes[k] - (unit[k] * radial)) / length;
            }
        }
    }
}
