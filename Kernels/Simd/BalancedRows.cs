using System;
using System.Runtime.CompilerServices;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Sinkhorn's balancing of exp((s - max s) / epsilon): only factors of rows and columns change, and one sweep makes both a row's factor and
/// its share of the columns' sums while the row sits in the first cache.
/// </summary>
internal sealed unsafe class BalancedRows<TLanes, TVector>(float* scores, int rows, int width, int threads, float* codes)
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Unit = 64; // rows that are added up together, whatever the number of threads
    private const float Least = 1e-37f; // a prototype so far from every image that all its entries underflow stays empty
    private const float Underflow = -87f; // whose exponential is the least normal number

    private readonly int _units = (rows + Unit - 1) / Unit, _padded = (width + TLanes.Count - 1) / TLanes.Count * TLanes.Count;

    /// <summary>The codes after so many iterations.</summary>
    public void Run(double epsilon, int iterations)
    {
        using var values = new NativeBuffer((long)rows * _padded);
        using var columns = new NativeBuffer(_padded);
        using var sums = new NativeBuffer((long)_units * _padded);
        var (q, c, s) = ((nint)values.Pointer, (nint)columns.Pointer, (nint)sums.Pointer);
        var highest = Highest();
        Each(unit => Exponentiate((float)(1 / epsilon), highest, unit, (float*)q, (float*)s + ((long)unit * _padded)));
        for (var i = 0; i < iterations; i++)
        {
            Gather(sums.Pointer, columns.Pointer);
            var last = i + 1 == iterations;
            Each(unit => Sweep(unit, last, (float*)q, (float*)c, (float*)s + ((long)unit * _padded)));
        }
    }

    private void Each(Action<int> unit)
    {
        var alone = (long)rows * width < 1 << 15; // waking a thread takes as long
        Team.For(_units, alone ? 1 : threads, unit);
    }

    private float Highest()
    {
        var count = (long)rows * width;
        var whole = count - (count % TLanes.Count);
        var high = TLanes.Create(float.NegativeInfinity);
        for (long k = 0; k < whole; k += TLanes.Count)
        {
            high = TLanes.Max(high, TLanes.Load(ref scores[k])); // what is not a number shows in its own exponential
        }

        var highest = TLanes.Range(high).High;
        for (var k = whole; k < count; k++)
        {
            highest = Math.Max(highest, scores[k]);
        }

        return highest;
    }

    // Exponentials, and the sums of their columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Exponentiate(float scale, float highest, int unit, float* q, float* sums)
    {
        var (factor, shift, least) = (TLanes.Create(scale), TLanes.Create(highest), TLanes.Create(Underflow));
        var whole = width - (width % TLanes.Count);
        var rest = stackalloc float[TLanes.Count];
        for (var i = unit * Unit; i < Math.Min(rows, (unit + 1) * Unit); i++)
        {
            var from = scores + ((long)i * width);
            var to = q + ((long)i * _padded);
            for (var k = 0; k < _padded; k += TLanes.Count)
            {
                TVector x;
                if (k < whole)
                {
                    x = TLanes.Load(ref from[k]);
                }
                else
                {
                    new Span<float>(rest, TLanes.Count).Fill(highest);
                    new ReadOnlySpan<float>(from + k, width - k).CopyTo(new Span<float>(rest, TLanes.Count));
                    x = TLanes.Load(ref rest[0]);
                }

                x = TLanes.Multiply(TLanes.Subtract(x, shift), factor);
                var e = TLanes.WhereLess(x, least, default, Exponential<TLanes, TVector>.Of(x));
                TLanes.Store(e, ref to[k]);
                TLanes.Store(TLanes.Add(TLanes.Load(ref sums[k]), e), ref sums[k]);
            }

            new Span<float>(to + width, _padded - width).Clear();
        }
    }

    // Factors of columns out of their sums.
    private void Gather(float* sums, float* columns)
    {
        for (var k = 0; k < width; k++)
        {
            var sum = 0.0;
            for (var unit = 0; unit < _units; unit++)
            {
                sum += sums[((long)unit * _padded) + k];
            }

            columns[k] = (float)(1 / (Maximum(sum) * width));
        }
    }

    private static double Maximum(double sum) => sum < Least ? Least : sum;

    // A unit's rows under these factors of columns: their own factors, and what they add to the columns' sums; or the codes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sweep(int unit, bool last, float* q, float* columns, float* sums)
    {
        new Span<float>(sums, _padded).Clear();
        var whole = width - (width % TLanes.Count);
        for (var i = unit * Unit; i < Math.Min(rows, (unit + 1) * Unit); i++)
        {
            var line = q + ((long)i * _padded);
            TVector total = default;
            for (var k = 0; k < _padded; k += TLanes.Count)
            {
                total = TLanes.MultiplyAdd(TLanes.Load(ref line[k]), TLanes.Load(ref columns[k]), total);
            }

            var own = (float)(1 / (Maximum(TLanes.Sum(total)) * (last ? 1 : rows)));
            var factor = TLanes.Create(own);
            if (!last)
            {
                for (var k = 0; k < _padded; k += TLanes.Count)
                {
                    TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(ref line[k]), factor, TLanes.Load(ref sums[k])), ref sums[k]);
                }

                continue;
            }

            var to = codes + ((long)i * width);
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(ref line[k]), TLanes.Load(ref columns[k])), factor), ref to[k]);
            }

            for (var k = whole; k < width; k++)
            {
                to[k] = line[k] * columns[k] * own;
            }
        }
    }
}
