using System;
using System.Numerics;
using System.Threading;
using System.Threading.Tasks;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The k nearest of many rows by their dot product, from products that are known roughly. A product is known to within e(v) = error + 2^-8 |v| / (1 - 2^-8) of its stored value v in bfloat16,
/// or to within error in float32. With t the k-th largest stored value, no row below t - margin can be among the k nearest, margin = 2 error + e's part of both values; all others
/// are multiplied again in float32, always in one order, so that the answer is the same bits whichever way the products were made. Of equal products the row further ahead comes first.
/// </summary>
public static unsafe class Nearest
{
    // Half a unit in the last of bfloat16's eight digits, against the rounded value.
    private const double Rounding = (1.0 / 256) / (1 - (1.0 / 256));

    /// <summary>Places and products of the k nearest rows of the bank, the nearest first, from products in float32.</summary>
    /// <param name="products">Queries x rows.</param>
    /// <param name="error">By how much a product may be wrong.</param>
    /// <param name="queries">Queries x width values.</param>
    /// <param name="bank">Rows x width values.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="k">From 1 to the number of rows.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="places">Queries x k.</param>
    /// <param name="values">Queries x k.</param>
    /// <returns>How many products were made again.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or a product is not a number.</exception>
    public static long OfFloats(
        ReadOnlySpan<float> products, double error, ReadOnlySpan<float> queries, ReadOnlySpan<float> bank, int width, int k, int threads, Span<long> places, Span<float> values)
    {
        fixed (float* p = products)
        {
            return Find(p, null, products.Length, error, queries, bank, width, k, threads, places, values);
        }
    }

    /// <summary>The same from products that were rounded to bfloat16, as the upper halves of float32.</summary>
    /// <param name="products">Queries x rows.</param>
    /// <param name="error">By how much a product may be wrong before it is rounded.</param>
    /// <param name="queries">Queries x width values.</param>
    /// <param name="bank">Rows x width values.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="k">From 1 to the number of rows.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="places">Queries x k.</param>
    /// <param name="values">Queries x k.</param>
    /// <returns>How many products were made again.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit each other, or a product is not a number.</exception>
    public static long OfHalves(
        ReadOnlySpan<ushort> products, double error, ReadOnlySpan<float> queries, ReadOnlySpan<float> bank, int width, int k, int threads, Span<long> places, Span<float> values)
    {
        fixed (ushort* p = products)
        {
            return Find(null, (short*)p, products.Length, error, queries, bank, width, k, threads, places, values);
        }
    }

    private static long Find(
        float* floats, short* halves, int length, double error, ReadOnlySpan<float> queries, ReadOnlySpan<float> bank, int width, int k, int threads, Span<long> places, Span<float> values)
    {
        var rows = width < 1 ? 0 : bank.Length / width;
        var count = width < 1 ? 0 : queries.Length / width;
        if (rows < 1 || count < 1 || bank.Length != (long)rows * width || queries.Length != (long)count * width || length != (long)count * rows
            || k < 1 || k > rows || places.Length != (long)count * k || values.Length != places.Length || !(error >= 0))
        {
            throw new ArgumentException(
                $"{length} products of {queries.Length} and {bank.Length} values in rows of {width} do not fit {k} neighbours in {places.Length} places, error {error}");
        }

        fixed (float* q = queries, b = bank, to = values)
        {
            fixed (long* at = places)
            {
                float* q0 = q, b0 = b, to0 = to;
                var at0 = at;
                var failed = -1;
                var again = 0L;
                Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads) }, () => new ulong[Math.Max(1024, 4 * k)], (i, _, keys) =>
                {
                    var row = (long)i * rows;
                    var most = halves != null
                        ? Above(halves + row, rows, k, error, ref keys)
                        : Above(floats + row, rows, k, error, ref keys);
                    if (most < k)
                    {
                        failed = i;
                        return keys;
                    }

                    for (var c = 0; c < most; c++)
                    {
                        var place = (uint)keys[c];
                        keys[c] = Key(Dot(q0 + ((long)i * width), b0 + (place * (long)width), width), place);
                    }

                    Interlocked.Add(ref again, most);
                    Smallest.First(keys.AsSpan(0, most), k);
                    Array.Sort(keys, 0, k);
                    for (var c = 0; c < k; c++)
                    {
                        at0[((long)i * k) + c] = (uint)keys[c];
                        to0[((long)i * k) + c] = Value(keys[c]);
                    }

                    return keys;
                }, _ => { });
                if (failed >= 0)
                {
                    throw new ArgumentException($"products of query {failed} are not numbers");
                }

                return again;
            }
        }
    }

    // Keys of all rows that may be among the k nearest, and how many.
    private static int Above(float* row, int rows, int k, double error, ref ulong[] keys)
    {
        var found = Collect(row, rows, k, float.NegativeInfinity, ref keys);
        if (found < k)
        {
            return found;
        }

        var limit = MathF.BitDecrement((float)(Value(keys[k - 1]) - (2 * error)));
        return Collect(row, rows, rows, limit, ref keys);
    }

    private static int Above(short* row, int rows, int k, double error, ref ulong[] keys)
    {
        var found = Collect(row, rows, k, float.NegativeInfinity, ref keys);
        if (found < k)
        {
            return found;
        }

        double t = Value(keys[k - 1]);
        var margin = ((2 * error) + (2 * Rounding * Math.Abs(t))) / (1 - (2 * Rounding));
        return Collect(row, rows, rows, MathF.BitDecrement((float)(t - margin)), ref keys);
    }

    // Keys of the k largest values above a limit, the k-th at its place where there are more; how many.
    private static int Collect(float* row, int rows, int k, float limit, ref ulong[] keys)
    {
        var found = 0;
        var lanes = Vector<float>.Count;
        var bar = new Vector<float>(limit);
        var i = 0;
        for (; i <= rows - (4 * lanes); i += 4 * lanes)
        {
            var any = Vector.GreaterThan(Vector.Load(row + i), bar) | Vector.GreaterThan(Vector.Load(row + i + lanes), bar)
                | Vector.GreaterThan(Vector.Load(row + i + (2 * lanes)), bar) | Vector.GreaterThan(Vector.Load(row + i + (3 * lanes)), bar);
            if (any == Vector<int>.Zero)
            {
                continue;
            }

            for (var j = i; j < i + (4 * lanes); j++)
            {
                if (row[j] > limit)
                {
                    Push(row[j], j, k, ref found, ref limit, ref keys);
                }
            }

            bar = new Vector<float>(limit);
        }

        for (; i < rows; i++)
        {
            if (row[i] > limit)
            {
                Push(row[i], i, k, ref found, ref limit, ref keys);
            }
        }

        return Keep(k, found, keys);
    }

    private static int Collect(short* row, int rows, int k, float limit, ref ulong[] keys)
    {
        var found = 0;
        var lanes = Vector<short>.Count;
        var i = 0;
        for (; i <= rows - lanes; i += lanes)
        {
            // Bits of numbers from 0 on are in the order of the numbers, and those of negative ones are negative.
            if (limit >= 0 && Vector.LessThanOrEqualAll(Vector.Load(row + i), new Vector<short>(Bar(limit))))
            {
                continue;
            }

            for (var j = i; j < i + lanes; j++)
            {
                if (Widen(row[j]) > limit)
                {
                    Push(Widen(row[j]), j, k, ref found, ref limit, ref keys);
                }
            }
        }

        for (; i < rows; i++)
        {
            if (Widen(row[i]) > limit)
            {
                Push(Widen(row[i]), i, k, ref found, ref limit, ref keys);
            }
        }

        return Keep(k, found, keys);
    }

    private static float Widen(short half) => BitConverter.UInt32BitsToSingle((uint)(ushort)half << 16);

    // The largest bits of a half that is not above a limit from 0 on.
    private static short Bar(float limit) => (short)(BitConverter.SingleToUInt32Bits(limit) >> 16);

    private static void Push(float value, int place, int k, ref int found, ref float limit, ref ulong[] keys)
    {
        if (found == keys.Length)
        {
            if (found >= 2 * k)
            {
                Smallest.First(keys.AsSpan(0, found), k);
                found = k;
                limit = Value(keys[k - 1]);
                if (!(value > limit))
                {
                    return;
                }
            }
            else
            {
                Array.Resize(ref keys, 2 * keys.Length);
            }
        }

        keys[found++] = Key(value, (uint)place);
    }

    private static int Keep(int k, int found, ulong[] keys)
    {
        if (found < k)
        {
            return found;
        }

        Smallest.First(keys.AsSpan(0, found), k);
        return k;
    }

    // Rising keys are falling values, then rising places.
    private static ulong Key(float value, uint place)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0.0f); // no -0
        var rising = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
        return ((ulong)~rising << 32) | place;
    }

    private static float Value(ulong key)
    {
        var rising = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((rising & 0x80000000) != 0 ? rising & 0x7FFFFFFF : ~rising);
    }

    private static float Dot(float* a, float* b, int width)
    {
        var lanes = Vector<float>.Count;
        Vector<float> s0 = Vector<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
        var i = 0;
        for (; i <= width - (4 * lanes); i += 4 * lanes)
        {
            s0 = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), s0);
            s1 = Vector.FusedMultiplyAdd(Vector.Load(a + i + lanes), Vector.Load(b + i + lanes), s1);
            s2 = Vector.FusedMultiplyAdd(Vector.Load(a + i + (2 * lanes)), Vector.Load(b + i + (2 * lanes)), s2);
            s3 = Vector.FusedMultiplyAdd(Vector.Load(a + i + (3 * lanes)), Vector.Load(b + i + (3 * lanes)), s3);
        }

        var sum = Vector.Sum((s0 + s1) + (s2 + s3));
        for (; i < width; i++)
        {
            sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
        }

        return sum;
    }
}
