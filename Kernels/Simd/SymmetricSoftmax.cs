using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The softmax of rows over each other, in float32 on the CPU: the fast path of <see cref="Torch.LogSumExp.Among(TorchSharp.torch.Tensor, double, long, double)"/>.
/// Answers are the same bits for any number of threads.
/// </summary>
public static unsafe class SymmetricSoftmax
{
    /// <summary>Rows of a tile: at most 192, whose square of float32 is 0.15 MiB; fewer where there are few rows, for the threads' sake.</summary>
    public const int LargestBlock = 192;

    /// <summary>The widest vectors of this machine in bits: 512, 256, or 0 where it has neither and the kernel would not pay.</summary>
    public static int Bits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 0;

    /// <summary>
    /// lse_i = log sum_k exp(scale u_i . u_k) over all rows k but those whose index differs from i by a multiple of the period.
    /// </summary>
    /// <param name="u">Rows x width values, row-major.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="scale">1 / temperature, positive.</param>
    /// <param name="period">The number of rows excludes only the row itself; half of it also the other view.</param>
    /// <param name="bound">A bound of scale |u_i . u_k| of at most 30, which saves the search for maxima; not-a-number if there is none.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="lse">As many values as rows.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <param name="halves">The values of u are bfloat16: vectors of 512 bits may multiply them as such, and weights rounded to it, with float32 sums.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static void LogSums(
        ReadOnlySpan<float> u, int width, double scale, int period, double bound, int threads, Span<float> lse, int bits, bool halves = false)
    {
        Check(u.Length, width, lse.Length);
        fixed (float* rows = u, to = lse)
        {
            switch (bits)
            {
                case 512: Sums<Lanes512, Vector512<float>>(rows, lse.Length, width, scale, period, bound, threads, to, halves && Interop.BFloat16Product.Available); break;
                case 256: Sums<Lanes256, Vector256<float>>(rows, lse.Length, width, scale, period, bound, threads, to); break;
                case 32: Sums<Lanes1, float>(rows, lse.Length, width, scale, period, bound, threads, to); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    /// <summary>The gradient with respect to u of sum_i weights_i lse_i, where lse is what LogSums gave for the same arguments.</summary>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static void Gradient(
        ReadOnlySpan<float> u, int width, double scale, int period, double bound, int threads, ReadOnlySpan<float> lse,
        ReadOnlySpan<float> weights, Span<float> gradient, int bits, bool halves = false)
    {
        Check(u.Length, width, lse.Length);
        Check(gradient.Length, width, weights.Length);
        Check(gradient.Length, width, lse.Length);
        fixed (float* rows = u, levels = lse, g = weights, to = gradient)
        {
            switch (bits)
            {
                case 512: Back<Lanes512, Vector512<float>>(rows, lse.Length, width, scale, period, bound, threads, levels, g, to, halves && Interop.BFloat16Product.Available); break;
                case 256: Back<Lanes256, Vector256<float>>(rows, lse.Length, width, scale, period, bound, threads, levels, g, to); break;
                case 32: Back<Lanes1, float>(rows, lse.Length, width, scale, period, bound, threads, levels, g, to); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }

    private static void Check(int values, int width, int rows)
    {
        if (width < 1 || values != (long)rows * width)
        {
            throw new ArgumentException($"{values} values are not {rows} rows of {width}");
        }
    }

    private static int Block(int rows) => rows >= 8 * LargestBlock ? LargestBlock : rows >= 384 ? 96 : 32;

    private static void Sums<TLanes, TVector>(
        float* u, int rows, int width, double scale, int period, double bound, int threads, float* lse, bool halves = false)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        using var tiles = new SymmetricTiles<TLanes, TVector>(u, rows, width, scale, period, bound, threads, Block(rows), halves, false);
        tiles.LogSums(lse);
    }

    private static void Back<TLanes, TVector>(
        float* u, int rows, int width, double scale, int period, double bound, int threads, float* lse, float* weights, float* gradient, bool halves = false)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        using var tiles = new SymmetricTiles<TLanes, TVector>(u, rows, width, scale, period, bound, threads, Block(rows), halves, true);
        tiles.Gradient(lse, weights, gradient);
    }
}
