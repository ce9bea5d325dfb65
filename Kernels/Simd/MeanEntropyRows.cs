using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The entropy of the mean of softmax rows, in float32 on the CPU, and its gradient: two passes, with the predictions kept where the gradient will be. Answers are the
/// same bits for any number of threads.
/// </summary>
public static unsafe class MeanEntropyRows
{
    /// <summary>log K + sum_k m_k log m_k for the mean m of softmax(scale x_i), and its gradient with respect to x.</summary>
    /// <param name="x">Rows x width values, row-major.</param>
    /// <param name="width">Values of a row, K.</param>
    /// <param name="scale">1 / temperature, positive.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="gradient">As many values as x.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static double Loss(ReadOnlySpan<float> x, int width, double scale, int threads, Span<float> gradient, int bits)
    {
        var rows = width < 1 ? 0 : x.Length / width;
        if (rows < 1 || x.Length != (long)rows * width || gradient.Length != x.Length)
        {
            throw new ArgumentException($"{x.Length} values and {gradient.Length} slopes do not fit rows of {width}");
        }

        fixed (float* values = x, to = gradient)
        {
            var sides = new CrossEntropyRows.Sides { Rows = rows, Width = width, Values = values, Gradient = to, Scale = scale };
            return bits switch
            {
                512 => new Passes<Lanes512, Vector512<float>>(sides).Run(threads),
                256 => new Passes<Lanes256, Vector256<float>>(sides).Run(threads),
                32 => new Passes<Lanes1, float>(sides).Run(threads),
                _ => throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32"),
            };
        }
    }

    private sealed class Passes<TLanes, TVector>(CrossEntropyRows.Sides sides)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        private const int Unit = 32; // rows that are added up together, whatever the number of threads
        private const float Least = 1e-38f; // 0 log 0 is 0

        private readonly RowEntropy<TLanes, TVector> _softmax = new(sides);
        private readonly int _width = sides.Width, _padded = (sides.Width + TLanes.Count - 1) / TLanes.Count * TLanes.Count;

        public double Run(int threads)
        {
            var units = (sides.Rows + Unit - 1) / Unit;
            var alone = (long)sides.Rows * _width < 1 << 15; // waking a thread takes as long
            using var sums = new NativeBuffer((long)units * _padded);
            using var logs = new NativeBuffer(_padded);
            Team.For(units, alone ? 1 : threads, unit => Predict(unit, sums.Pointer + ((long)unit * _padded)));
            var loss = Math.Log(_width);
            for (var k = 0; k < _width; k++)
            {
                var sum = 0.0;
                for (var unit = 0; unit < units; unit++)
                {
                    sum += sums.Pointer[((long)unit * _padded) + k];
                }

                var mean = sum / sides.Rows;
                var log = Math.Log(mean < Least ? Least : mean); // what is not a number stays none
                loss += mean * log;
                logs.Pointer[k] = (float)log;
            }

            Team.For(units, alone ? 1 : threads, unit => Slopes(unit, logs.Pointer));
            return loss;
        }

        private int End(int unit) => Math.Min(sides.Rows, (unit + 1) * Unit);

        // Softmax of each row where its slopes will be, and their sum.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Predict(int unit, float* sum)
        {
            using var buffer = new NativeBuffer(2L * _padded);
            var logs = buffer.Pointer;
            var p = logs + _padded;
            for (var row = unit * Unit; row < End(unit); row++)
            {
                var at = (long)row * _width;
                var share = 1 / _softmax.Softmax(sides.Values + at, null, (float)sides.Scale, logs, p).Sum;
                var to = sides.Gradient + at;
                var (factor, k) = (TLanes.Create(share), 0);
                for (; k + TLanes.Count <= _width; k += TLanes.Count)
                {
                    var value = TLanes.Multiply(TLanes.Load(ref p[k]), factor);
                    TLanes.Store(value, ref to[k]);
                    TLanes.Store(TLanes.Add(TLanes.Load(ref sum[k]), value), ref sum[k]);
                }

                for (; k < _width; k++)
                {
                    to[k] = p[k] * share;
                    sum[k] += to[k];
                }
            }
        }

        // p (log m - sum_k p_k log m_k) scale / rows.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Slopes(int unit, float* logs)
        {
            var share = (float)(sides.Scale / sides.Rows);
            for (var row = unit * Unit; row < End(unit); row++)
            {
                var p = sides.Gradient + ((long)row * _width);
                var (products, k) = (default(TVector), 0);
                for (; k + TLanes.Count <= _width; k += TLanes.Count)
                {
                    products = TLanes.MultiplyAdd(TLanes.Load(ref p[k]), TLanes.Load(ref logs[k]), products);
                }

                var inner = TLanes.Sum(products);
                for (; k < _width; k++)
                {
                    inner += p[k] * logs[k];
                }

                var (middle, factor) = (TLanes.Create(inner), TLanes.Create(share));
                for (k = 0; k + TLanes.Count <= _width; k += TLanes.Count)
                {
                    var slope = TLanes.Multiply(TLanes.Subtract(TLanes.Load(ref logs[k]), middle), TLanes.Load(ref p[k]));
                    TLanes.Store(TLanes.Multiply(slope, factor), ref p[k]);
                }

                for (; k < _width; k++)
                {
                    p[k] *= (logs[k] - inner) * share;
                }
            }
        }
    }
}
