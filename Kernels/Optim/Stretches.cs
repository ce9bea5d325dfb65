using System;
using System.Collections.Generic;
using Vantage.Kernels.Interop;
using Vantage.Kernels.Simd;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Weights as stretches of memory, some 16 thousand values each, gone through by the threads of libtorch. The cut does not depend on the number of threads,
/// and sums are added up in its order: the same bits for any number.
/// </summary>
internal sealed class Stretches
{
    private const int Longest = 1 << 14;

    private readonly List<(int Parameter, Stretch Stretch)> _all = [];
    private long _values;

    /// <summary>How many parameters there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a tensor's memory can be stepped: float32, one value after another, on the CPU of a machine with vectors.</summary>
    public static bool Holds(Tensor t) => Torch.Values.InVectors(t) && t.is_contiguous();

    /// <summary>Adds a parameter: tensors of one size, of which <see cref="Holds"/> is true.</summary>
    public unsafe void Add(Tensor value, Tensor? gradient, Tensor? first, Tensor? second)
    {
        float* w = Pointer(value), g = Pointer(gradient), a = Pointer(first), b = Pointer(second);
        var count = value.numel();
        for (long from = 0; from < count; from += Longest)
        {
            var length = (int)Math.Min(Longest, count - from);
            _all.Add((Count, new Stretch(w + from, g is null ? null : g + from, a is null ? null : a + from, b is null ? null : b + from, length)));
        }

        _values += count;
        Count++;
    }

    /// <summary>Does something to every stretch, given its parameter's number.</summary>
    public void Each(Action<int, Stretch> work) => InParallel(k => work(_all[k].Parameter, _all[k].Stretch));

    /// <summary>Sums of two numbers of every stretch, for each parameter.</summary>
    public (double A, double B)[] Sums(Func<int, Stretch, (double A, double B)> work)
    {
        var each = new (double A, double B)[_all.Count];
        InParallel(k => each[k] = work(_all[k].Parameter, _all[k].Stretch));
        var sums = new (double A, double B)[Count];
        for (var k = 0; k < each.Length; k++)
        {
            var i = _all[k].Parameter;
            sums[i] = (sums[i].A + each[k].A, sums[i].B + each[k].B);
        }

        return sums;
    }

    private static unsafe float* Pointer(Tensor? t)
    {
        if (t is null)
        {
            return null;
        }

        fixed (float* at = Torch.Values.Of(t)) // native memory: it does not move
        {
            return at;
        }
    }

    private void InParallel(Action<int> work)
    {
        Team.For(_all.Count, _values < 1 << 15 ? 1 : Math.Max(1, get_num_threads()), work); // waking a thread takes as long
    }
}
