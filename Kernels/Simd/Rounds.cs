using System;
using System.Collections.Generic;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// All pairs of blocks, each once, in rounds whose pairs share no block (the circle method of tournaments): pairs of a round may be worked
/// on at once and write to both their blocks, and every block meets the others in an order that does not depend on the number of threads.
/// </summary>
internal static class Rounds
{
    /// <summary>The rounds of (i, j) with i, j below <paramref name="blocks"/>; the first holds the pairs (i, i).</summary>
    public static IEnumerable<(int I, int J)[]> Of(int blocks)
    {
        var pairs = new List<(int, int)>(blocks);
        for (var i = 0; i < blocks; i++)
        {
            pairs.Add((i, i));
        }

        yield return pairs.ToArray();
        var last = blocks % 2 == 0 ? blocks - 1 : blocks; // an odd block out rests against one that does not exist
        for (var round = 0; round < last && blocks > 1; round++)
        {
            pairs.Clear();
            if (last < blocks)
            {
                pairs.Add((round, last));
            }

            for (var k = 1; 2 * k <= last - 1; k++)
            {
                var (i, j) = ((round + k) % last, (round + last - k) % last);
                pairs.Add((Math.Min(i, j), Math.Max(i, j)));
            }

            yield return pairs.ToArray();
        }
    }

    /// <summary>Runs the work on every pair, one round after the other, with at most so many threads.</summary>
    public static void Run(int blocks, int threads, Action<int, int> work)
    {
        foreach (var round in Of(blocks))
        {
            Team.For(round.Length, threads, k => work(round[k].I, round[k].J));
        }
    }
}
