using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// <see cref="Reference.BatchNorm"/> on rows whose channels are a multiple of 16: two sweeps each way, sums in float32 within blocks of rows that
/// fit the nearest cache, in double between them. Blocks do not depend on the number of threads, so neither do the bits.
/// </summary>
internal abstract unsafe class BatchNormRows
{
    /// <summary>Means and variances of each channel.</summary>
    public abstract void Statistics(void* x, long rows, int channels, int threads, double[] mean, double[] variance);

    /// <summary>y = max(0, factor x + term + beside) for each channel; beside may be null, and max be left out.</summary>
    public abstract void Transform(void* x, void* beside, float[] factor, float[] term, bool positive, long rows, int channels, int threads, void* y);

    /// <summary>
    /// For each channel the sums of the slopes that pass the gate, and of their products with x - mean. They go to <paramref name="passed"/> where it is not null.
    /// </summary>
    public abstract void Sums(
        void* x, Gate gate, void* slopes, float[] mean, long rows, int channels, int threads, void* passed, double[] sum, double[] product);

    /// <summary>factor slope + line (x - mean) + term for each channel, of the slopes that pass.</summary>
    public abstract void Slopes(
        void* x, Gate gate, void* slopes, float[] mean, float[] factor, float[] line, float[] term, long rows, int channels, int threads, void* dx);
}

/// <summary>The same for numbers of one type.</summary>
internal sealed unsafe class BatchNormRows<T> : BatchNormRows
    where T : struct, ISixteen
{
    private const int BlockValues = 8192;

    /// <inheritdoc/>
    public override void Statistics(void* x, long rows, int channels, int threads, double[] mean, double[] variance)
    {
        var (blocks, size) = Blocks(rows, channels);
        using var sums = new NativeBuffer((long)blocks * 2 * channels);
        var (from, into) = ((nint)x, (nint)sums.Pointer);
        Run(blocks, threads, b =>
        {
            var first = (long)b * size;
            Moments((void*)from, first * channels, (int)Math.Min(size, rows - first), channels, (float*)into + ((long)b * 2 * channels));
        });
        Array.Clear(mean);
        Array.Clear(variance);
        var seen = 0L;
        for (var b = 0; b < blocks; b++)
        {
            var count = Math.Min(size, rows - ((long)b * size));
            var own = sums.Pointer + ((long)b * 2 * channels);
            var share = (double)count / (seen + count);
            for (var c = 0; c < channels; c++)
            {
                // Chan, Golub and LeVeque 1979, equation 2.1: sums of squares of two parts.
                var apart = own[c] - mean[c];
                mean[c] += apart * share;
                variance[c] += own[channels + c] + (apart * apart * seen * share);
            }

            seen += count;
        }

        for (var c = 0; c < channels; c++)
        {
            variance[c] /= rows;
        }
    }

    /// <inheritdoc/>
    public override void Transform(void* x, void* beside, float[] factor, float[] term, bool positive, long rows, int channels, int threads, void* y)
    {
        var (blocks, size) = Blocks(rows, channels);
        var (from, added, to) = ((nint)x, (nint)beside, (nint)y);
        Run(blocks, threads, b =>
        {
            var first = (long)b * size;
            Line((void*)from, (void*)added, factor, term, positive, first * channels, Math.Min(first + size, rows) * channels, channels, (void*)to);
        });
    }

    /// <inheritdoc/>
    public override void Sums(
        void* x, Gate gate, void* slopes, float[] mean, long rows, int channels, int threads, void* passed, double[] sum, double[] product)
    {
        var (blocks, size) = Blocks(rows, channels);
        using var sums = new NativeBuffer((long)blocks * 2 * channels);
        var (from, steep, to, into) = ((nint)x, (nint)slopes, (nint)passed, (nint)sums.Pointer);
        Run(blocks, threads, b =>
        {
            var first = (long)b * size;
            var count = (int)Math.Min(size, rows - first);
            var own = (float*)into + ((long)b * 2 * channels);
            Products((void*)from, gate, (void*)steep, mean, first * channels, count, channels, (void*)to, own);
        });
        Array.Clear(sum);
        Array.Clear(product);
        for (var b = 0; b < blocks; b++)
        {
            var own = sums.Pointer + ((long)b * 2 * channels);
            for (var c = 0; c < channels; c++)
            {
                sum[c] += own[c];
                product[c] += own[channels + c];
            }
        }
    }

    /// <inheritdoc/>
    public override void Slopes(
        void* x, Gate gate, void* slopes, float[] mean, float[] factor, float[] line, float[] term, long rows, int channels, int threads, void* dx)
    {
        var (blocks, size) = Blocks(rows, channels);
        var (from, steep, to) = ((nint)x, (nint)slopes, (nint)dx);
        Run(blocks, threads, b =>
        {
            var first = (long)b * size;
            var last = Math.Min(first + size, rows) * channels;
            Through((void*)from, gate, (void*)steep, mean, factor, line, term, first * channels, last, channels, (void*)to);
        });
    }

    // Of a block that starts at this value: each channel's mean, then its sum of squares about it. Two vectors of channels at a time, a line of the cache of bfloat16; the
    // last sixteen of an odd number count twice for nothing. Compiled whole at once: a run of few steps is over before the runtime would compile it a second time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Moments(void* x, long start, int count, int channels, float* into)
    {
        for (var c = 0; c < channels; c += 32)
        {
            var other = c + 16 < channels ? 16 : 0;
            var at = start + c;
            var (origin, origin2) = (T.Load(x, at), T.Load(x, at + other)); // the first row: what is left is near 0
            var (sum, square, sum2, square2) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            for (var i = 0; i < count; i++, at += channels)
            {
                var d = T.Load(x, at) - origin;
                var e = T.Load(x, at + other) - origin2;
                sum += d;
                sum2 += e;
                square = Vector512.FusedMultiplyAdd(d, d, square);
                square2 = Vector512.FusedMultiplyAdd(e, e, square2);
            }

            Keep(origin, sum, square, count, into + c, into + channels + c);
            Keep(origin2, sum2, square2, count, into + c + other, into + channels + c + other);
        }
    }

    private static void Keep(Vector512<float> origin, Vector512<float> sum, Vector512<float> square, int count, float* mean, float* about)
    {
        var shift = sum / count;
        (origin + shift).Store(mean);
        Vector512.Max(Vector512<float>.Zero, square - (shift * shift * count)).Store(about);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Line(void* x, void* beside, float[] factor, float[] term, bool positive, long start, long end, int channels, void* y)
    {
        var floor = positive ? Vector512<float>.Zero : Vector512.Create(float.NegativeInfinity);
        for (var at = start; at < end; at += channels)
        {
            for (var c = 0; c < channels; c += 16)
            {
                var value = Vector512.FusedMultiplyAdd(T.Load(x, at + c), At(factor, c), At(term, c));
                if (beside != null)
                {
                    value += T.Load(beside, at + c);
                }

                T.Store(Vector512.Max(value, floor), y, at + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Products(void* x, Gate gate, void* slopes, float[] mean, long start, int count, int channels, void* passed, float* into)
    {
        for (var c = 0; c < channels; c += 32)
        {
            var other = c + 16 < channels ? 16 : 0;
            var (centre, centre2) = (At(mean, c), At(mean, c + other));
            var (factor, term) = (gate.Factor(c), gate.Term(c));
            var (factor2, term2) = (gate.Factor(c + other), gate.Term(c + other));
            var (sum, product, sum2, product2) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            var at = start + c;
            for (var i = 0; i < count; i++, at += channels)
            {
                var (value, value2) = (T.Load(x, at), T.Load(x, at + other));
                var slope = gate.Passed<T>(value, factor, term, slopes, at);
                var slope2 = gate.Passed<T>(value2, factor2, term2, slopes, at + other);
                sum += slope;
                sum2 += slope2;
                product = Vector512.FusedMultiplyAdd(slope, value - centre, product);
                product2 = Vector512.FusedMultiplyAdd(slope2, value2 - centre2, product2);
                if (passed != null)
                {
                    T.Store(slope, passed, at);
                    T.Store(slope2, passed, at + other);
                }
            }

            sum.Store(into + c);
            sum2.Store(into + c + other);
            product.Store(into + channels + c);
            product2.Store(into + channels + c + other);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Through(
        void* x, Gate gate, void* slopes, float[] mean, float[] factor, float[] line, float[] term, long start, long end, int channels, void* dx)
    {
        for (var at = start; at < end; at += channels)
        {
            for (var c = 0; c < channels; c += 16)
            {
                var value = T.Load(x, at + c);
                var straight = Vector512.FusedMultiplyAdd(value - At(mean, c), At(line, c), At(term, c));
                var slope = gate.Passed<T>(value, gate.Factor(c), gate.Term(c), slopes, at + c);
                T.Store(Vector512.FusedMultiplyAdd(slope, At(factor, c), straight), dx, at + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> At(float[] values, int c) => Vector512.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(values), (nuint)c);

    private static (int Blocks, int Rows) Blocks(long rows, int channels)
    {
        var size = Math.Max(1, BlockValues / channels);
        return ((int)((rows + size - 1) / size), size);
    }

    private static void Run(int blocks, int threads, Action<int> work)
    {
        var parts = Math.Min(threads, blocks);
        Team.For(parts, parts, part =>
        {
            for (var b = (int)((long)blocks * part / parts); b < (int)((long)blocks * (part + 1) / parts); b++)
            {
                work(b);
            }
        });
    }
}
