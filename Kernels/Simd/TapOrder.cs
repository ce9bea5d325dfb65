using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The taps of sixteen inputs in the order of a convolution's weights, input after input, and in that of its products, tap after tap. Sixteen values go at once: each register of the
/// one order takes its places from every register of the other.
/// </summary>
internal sealed unsafe class TapOrder
{
    private const int Sixteen = 16, Most = 25; // taps in tables; a larger kernel is rare, and goes value by value

    private static readonly ConcurrentDictionary<int, TapOrder> All = new();

    private readonly int _taps;

    // For each register of the result and each of the source the place that each of 16 values comes from: below 16 what is there already, from 16 on the source's.
    private readonly int[] _toTaps = [], _toInputs = [];

    private TapOrder(int taps)
    {
        _taps = taps;
        if (taps <= Most)
        {
            (_toTaps, _toInputs) = (Table(taps, (tap, input) => (input * taps) + tap), Table(taps, (register, place) =>
            {
                var at = (register * Sixteen) + place;
                return (at % taps * Sixteen) + (at / taps);
            }));
        }
    }

    /// <summary>For kernels of so many taps.</summary>
    public static TapOrder Of(int taps) => All.GetOrAdd(taps, static taps => new TapOrder(taps));

    /// <summary>16 x taps values as taps x 16.</summary>
    public void ToTaps(float* from, float* to)
    {
        if (_taps <= Most)
        {
            Move(_toTaps, from, to);
            return;
        }

        for (var k = 0; k < Sixteen * _taps; k++)
        {
            to[(k % _taps * Sixteen) + (k / _taps)] = from[k];
        }
    }

    /// <summary>taps x 16 values as 16 x taps.</summary>
    public void ToInputs(float* from, float* to)
    {
        if (_taps <= Most)
        {
            Move(_toInputs, from, to);
            return;
        }

        for (var k = 0; k < Sixteen * _taps; k++)
        {
            to[k] = from[(k % _taps * Sixteen) + (k / _taps)];
        }
    }

    private static int[] Table(int taps, Func<int, int, int> source)
    {
        var table = GC.AllocateArray<int>(taps * taps * Sixteen, pinned: true);
        for (var k = 0; k < table.Length; k++)
        {
            var (result, register, place) = (k / Sixteen / taps, k / Sixteen % taps, k % Sixteen);
            var from = source(result, place);
            table[k] = from / Sixteen == register ? Sixteen + (from % Sixteen) : place;
        }

        return table;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Move(int[] table, float* from, float* to)
    {
        fixed (int* first = table)
        {
            var places = first;
            for (var result = 0; result < _taps; result++)
            {
                var values = Vector512<float>.Zero;
                for (var register = 0; register < _taps; register++, places += Sixteen)
                {
                    values = Avx512F.PermuteVar16x32x2(values, Vector512.Load(places), Vector512.Load(from + (register * Sixteen)));
                }

                values.Store(to + (result * Sixteen));
            }
        }
    }
}
