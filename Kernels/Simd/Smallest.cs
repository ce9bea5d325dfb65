using System;
using System.Numerics;

namespace Vantage.Kernels.Simd;

/// <summary>The k smallest of many different numbers, without sorting the others (Hoare 1961, FIND).</summary>
public static class Smallest
{
    // Fewer are sorted.
    private const int Few = 24;

    /// <summary>Exchanges numbers until the k smallest stand first, in any order but that the largest of them is the last.</summary>
    /// <param name="numbers">All different.</param>
    /// <param name="k">From 1 to their number.</param>
    /// <exception cref="ArgumentException">There are not so many numbers.</exception>
    public static void First(Span<ulong> numbers, int k)
    {
        if (k < 1 || k > numbers.Length)
        {
            throw new ArgumentException($"the {k} smallest of {numbers.Length} numbers: ask for 1 to {numbers.Length}");
        }

        // The k-th smallest is among those from low on and before high; after so many parts that hardly shrink they are sorted.
        var (low, high) = (0, numbers.Length);
        for (var left = 2 * BitOperations.Log2((uint)numbers.Length); high - low > Few && left > 0; left--)
        {
            var (a, b, c) = (numbers[low], numbers[low + ((high - low) / 2)], numbers[high - 1]);
            var pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            var (i, j) = (low, high - 1);
            while (true)
            {
                while (numbers[i] < pivot)
                {
                    i++;
                }

                while (numbers[j] > pivot)
                {
                    j--;
                }

                if (i >= j)
                {
                    break;
                }

                (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
                i++;
                j--;
            }

            // All before i are at most the pivot, all from i on at least.
            (low, high) = i < k ? (i, high) : (low, i);
        }

        numbers[low..high].Sort();
    }
}
