using System;
using System.IO;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>The nearest rows of a bank by cosine: products by libtorch, in float32 or in bfloat16, the choice among them by <see cref="Simd.Nearest"/>, which makes both exact.</summary>
public static class Neighbours
{
    private const int Block = 500;

    // Where more than one product in so many is made again, products in float32 are taken to be the faster: an estimate for rows of 128 values, not a measurement.
    private const int Worth = 16;

    /// <summary>Whether this machine multiplies bfloat16 by instructions of its own, so that it is the faster way.</summary>
    public static bool HalvesPay { get; } = File.Exists("/proc/cpuinfo") && File.ReadAllText("/proc/cpuinfo").Contains("avx512_bf16", StringComparison.Ordinal);

    /// <summary>Places, queries x k, and cosines of the k nearest rows, the nearest first; of equal ones the row further ahead first. The same bits either way.</summary>
    /// <param name="queries">n x d in float32 on the CPU.</param>
    /// <param name="bank">m x d, alike.</param>
    /// <param name="k">From 1 to m.</param>
    /// <param name="halves">Whether products are made in bfloat16 first.</param>
    /// <param name="threads">Of the choice.</param>
    public static (long[] Places, float[] Cosines) Find(Tensor queries, Tensor bank, int k, bool halves, int threads)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var all = nn.functional.normalize(queries, 2, 1).contiguous();
        var rows = nn.functional.normalize(bank, 2, 1).contiguous();
        var width = (int)rows.shape[1];
        var count = (int)all.shape[0];
        // Sums of width products by another order than that of the choice: each is off by at most width 2^-24 of rows of length 1.
        var single = 2.0 * width / (1 << 24);
        var error = single;
        var low = rows;
        if (halves)
        {
            low = rows.to_type(ScalarType.BFloat16);
            var bankError = Farthest(rows, low);
            var queryError = Farthest(all, all.to_type(ScalarType.BFloat16));
            // |a b - a' b'| <= |a - a'| |b| + |a'| |b - b'|, and a little for lengths that are not quite 1.
            error = (1.001 * (bankError + queryError + (bankError * queryError))) + single;
        }

        var places = new long[(long)count * k];
        var cosines = new float[(long)count * k];
        for (var start = 0; start < count; start += Block)
        {
            using var inner = NewDisposeScope();
            var n = Math.Min(Block, count - start);
            var some = all.narrow(0, start, n);
            var products = (halves ? some.to_type(ScalarType.BFloat16) : some).mm(low.t());
            var to = places.AsSpan(start * k, n * k);
            var values = cosines.AsSpan(start * k, n * k);
            if (halves)
            {
                var again = Simd.Nearest.OfHalves(MemoryMarshal.Cast<byte, ushort>(products.bytes), error, Values.Of(some), Values.Of(rows), width, k, threads, to, values);
                if (again > Math.Max(2L * k * n, n * rows.shape[0] / Worth))
                {
                    (halves, low, error) = (false, rows, single); // rows are too alike for bfloat16 to tell
                }
            }
            else
            {
                Simd.Nearest.OfFloats(Values.Of(products), error, Values.Of(some), Values.Of(rows), width, k, threads, to, values);
            }
        }

        return (places, cosines);
    }

    // The largest length of what a row loses.
    private static double Farthest(Tensor rows, Tensor rounded) => rows.sub(rounded.to_type(ScalarType.Float32)).norm(1).max().item<float>();
}
