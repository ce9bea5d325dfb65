using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The softmax of rows over candidates that do not learn, in float32 on the CPU: a queue, a memory bank, another view's keys. Answers are the
/// same bits for any number of threads.
/// </summary>
public static unsafe class CrossSoftmax
{
    /// <summary>lse_i = log sum_k exp(scale x_i . y_k) and its gradient with respect to x_i, scale sum_k softmax_k y_k.</summary>
    /// <param name="x">Rows x width values, row-major.</param>
    /// <param name="y">Candidates x width values, at least one candidate.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="scale">1 / temperature, positive.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="lse">As many values as rows.</param>
    /// <param name="slopes">As many values as x.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <param name="unit">Whether candidates are divided by their lengths first, which costs no sweep of its own.</param>
    /// <param name="halves">The values of x are bfloat16: vectors of 512 bits may round candidates and weights to it and multiply those, with float32 sums.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, there is no candidate, or there are no vectors of so many bits.</exception>
    public static void LogSums(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, int width, double scale, int threads, Span<float> lse, Span<float> slopes, int bits, bool unit = false, bool halves = false)
    {
        if (width < 1 || x.Length != (long)lse.Length * width || slopes.Length != x.Length || y.Length < width || y.Length % width != 0)
        {
            throw new ArgumentException($"{x.Length} and {y.Length} values, {lse.Length} sums and {slopes.Length} slopes do not fit rows of {width} over at least one candidate");
        }

        var (rows, candidates) = (lse.Length, y.Length / width);
        fixed (float* u = x, v = y, sums = lse, to = slopes)
        {
            switch (bits)
            {
                case 512: Run<Lanes512, Vector512<float>>(u, v, rows, candidates, width, scale, threads, sums, to, unit, halves && Interop.BFloat16Product.Available); break;
                case 256: Run<Lanes256, Vector256<float>>(u, v, rows, candidates, width, scale, threads, sums, to, unit, false); break;
                case 32: Run<Lanes1, float>(u, v, rows, candidates, width, scale, threads, sums, to, unit, false); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    /// <summary>The gradient with respect to the candidates: slopes_k = scale sum_i weights_i exp(scale x_i . y_k - lse_i) x_i, where lse is what LogSums gave.</summary>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static void Candidates(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, int width, double scale, int threads, ReadOnlySpan<float> lse, ReadOnlySpan<float> weights, Span<float> slopes, int bits)
    {
        if (width < 1 || x.Length != (long)lse.Length * width || weights.Length != lse.Length || lse.Length == 0 || slopes.Length != y.Length || y.Length % width != 0)
        {
            throw new ArgumentException($"{x.Length} and {y.Length} values, {lse.Length} sums, {weights.Length} weights and {slopes.Length} slopes do not fit rows of {width}");
        }

        var (rows, candidates) = (lse.Length, y.Length / width);
        fixed (float* u = x, v = y, levels = lse, w = weights, to = slopes)
        {
            switch (bits)
            {
                case 512: Weigh<Lanes512, Vector512<float>>(u, v, rows, candidates, width, scale, threads, levels, w, to); break;
                case 256: Weigh<Lanes256, Vector256<float>>(u, v, rows, candidates, width, scale, threads, levels, w, to); break;
                case 32: Weigh<Lanes1, float>(u, v, rows, candidates, width, scale, threads, levels, w, to); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    private static void Run<TLanes, TVector>(
        float* x, float* y, int rows, int candidates, int width, double scale, int threads, float* lse, float* slopes, bool unit, bool halves)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        using var tiles = new CrossTiles<TLanes, TVector>(x, y, rows, candidates, width, scale, unit, halves);
        tiles.Run(threads, lse, slopes);
    }

    private static void Weigh<TLanes, TVector>(
        float* x, float* y, int rows, int candidates, int width, double scale, int threads, float* lse, float* weights, float* slopes)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        using var tiles = new CrossTiles<TLanes, TVector>(y, x, candidates, rows, width, scale, false, false);
        tiles.Weigh(threads, lse, weights, slopes);
    }
}
