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
    /// <exception cref="ArgumentException">Lengths do not fit each other, there is no candidate, or there are no vectors of so many bits.</exception>
    public static void LogSums(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, int width, double scale, int threads, Span<float> lse, Span<float> slopes, int bits)
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
                case 512: new CrossTiles<Lanes512, Vector512<float>>(u, v, rows, candidates, width, scale).Run(threads, sums, to); break;
                case 256: new CrossTiles<Lanes256, Vector256<float>>(u, v, rows, candidates, width, scale).Run(threads, sums, to); break;
                case 32: new CrossTiles<Lanes1, float>(u, v, rows, candidates, width, scale).Run(threads, sums, to); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }
}
