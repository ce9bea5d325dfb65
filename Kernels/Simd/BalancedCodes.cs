using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>Balanced assignments in float32 on the CPU: the fast path of <see cref="Torch.Sinkhorn"/>. Answers are the same bits for any number of threads.</summary>
public static unsafe class BalancedCodes
{
    /// <summary>Codes of rows over columns: rows sum to 1, columns come near rows / columns.</summary>
    /// <param name="scores">Rows x width values, row-major.</param>
    /// <param name="width">Values of a row: prototypes.</param>
    /// <param name="epsilon">Weight of the entropy, positive.</param>
    /// <param name="iterations">At least 1.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="codes">As many values as scores.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or there are no vectors of so many bits.</exception>
    public static void Of(ReadOnlySpan<float> scores, int width, double epsilon, int iterations, int threads, Span<float> codes, int bits)
    {
        if (width < 1 || scores.Length < width || scores.Length % width != 0 || codes.Length != scores.Length || iterations < 1)
        {
            throw new ArgumentException($"{scores.Length} scores and {codes.Length} codes do not fit rows of {width} and {iterations} iterations, of which at least one is needed");
        }

        var rows = scores.Length / width;
        fixed (float* from = scores, to = codes)
        {
            switch (bits)
            {
                case 512: new BalancedRows<Lanes512, Vector512<float>>(from, rows, width, threads, to).Run(epsilon, iterations); break;
                case 256: new BalancedRows<Lanes256, Vector256<float>>(from, rows, width, threads, to).Run(epsilon, iterations); break;
                case 32: new BalancedRows<Lanes1, float>(from, rows, width, threads, to).Run(epsilon, iterations); break;
                default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
            }
        }
    }
}
