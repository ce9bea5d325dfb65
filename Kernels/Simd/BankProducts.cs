using System;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>Each row against rows of a bank of its own choice, in float32 on the CPU. Answers are the same bits for any number of threads.</summary>
public static unsafe class BankProducts
{
    /// <summary>scores_ij = x_i . bank[indices_ij].</summary>
    /// <param name="x">Rows x width values, row-major.</param>
    /// <param name="bank">Any number of rows of the same width.</param>
    /// <param name="indices">As many for each row, each a row of the bank.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="threads">At most so many, at least 1.</param>
    /// <param name="scores">As many as indices.</param>
    /// <param name="bits">Vectors of 512, 256 or 32 bits.</param>
    /// <exception cref="ArgumentException">Lengths do not fit each other, an index is no row of the bank, or there are no vectors of so many bits.</exception>
    public static void Scores(
        ReadOnlySpan<float> x, ReadOnlySpan<float> bank, ReadOnlySpan<long> indices, int width, int threads, Span<float> scores, int bits)
    {
        var rows = Check(x.Length, bank, indices, width, scores.Length);
        fixed (float* values = x, all = bank, to = scores)
        {
            fixed (long* chosen = indices)
            {
                switch (bits)
                {
                    case 512: new BankTiles<Lanes512, Vector512<float>>(all, chosen, rows, indices.Length / rows, width, threads).Scores(values, to); break;
                    case 256: new BankTiles<Lanes256, Vector256<float>>(all, chosen, rows, indices.Length / rows, width, threads).Scores(values, to); break;
                    case 32: new BankTiles<Lanes1, float>(all, chosen, rows, indices.Length / rows, width, threads).Scores(values, to); break;
                    default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
                }
            }
        }
    }

    /// <summary>gradient_i = sum_j slopes_ij bank[indices_ij]: the way back of <see cref="Scores"/>.</summary>
    /// <inheritdoc cref="Scores"/>
    public static void Gradient(
        ReadOnlySpan<float> slopes, ReadOnlySpan<float> bank, ReadOnlySpan<long> indices, int width, int threads, Span<float> gradient, int bits)
    {
        var rows = Check(gradient.Length, bank, indices, width, slopes.Length);
        fixed (float* values = slopes, all = bank, to = gradient)
        {
            fixed (long* chosen = indices)
            {
                switch (bits)
                {
                    case 512: new BankTiles<Lanes512, Vector512<float>>(all, chosen, rows, indices.Length / rows, width, threads).Gradient(values, to); break;
                    case 256: new BankTiles<Lanes256, Vector256<float>>(all, chosen, rows, indices.Length / rows, width, threads).Gradient(values, to); break;
                    case 32: new BankTiles<Lanes1, float>(all, chosen, rows, indices.Length / rows, width, threads).Gradient(values, to); break;
                    default: throw new ArgumentException($"there are no vectors of {bits} bits: ask for 512, 256 or 32");
                }
            }
        }
    }

    private static int Check(int values, ReadOnlySpan<float> bank, ReadOnlySpan<long> indices, int width, int scores)
    {
        var rows = width < 1 ? 0 : values / width;
        if (rows < 1 || values != (long)rows * width || bank.Length < width || bank.Length % width != 0 || indices.Length != scores || scores < rows || scores % rows != 0)
        {
            throw new ArgumentException($"{values} values, a bank of {bank.Length}, {indices.Length} indices and {scores} scores do not fit rows of {width}");
        }

        foreach (var index in indices)
        {
            if (index < 0 || index >= bank.Length / width)
            {
                throw new ArgumentException($"an index is {index}: rows of the bank are 0 to {(bank.Length / width) - 1}");
            }
        }

        return rows;
    }
}
