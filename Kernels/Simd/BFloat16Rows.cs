using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>Float32 rounded to bfloat16, ties to even, in the layouts that <see cref="Interop.BFloat16Product"/> takes.</summary>
internal static unsafe class BFloat16Rows
{
    /// <summary>The least multiple of 32 that is not below: widths of operands.</summary>
    public static int Padded(int width) => (width + 31) / 32 * 32;

    /// <summary>So many values, a multiple of 32, one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* from, ushort* to, int count)
    {
        for (var k = 0; k < count; k += 32)
        {
            var low = Vector512.ShiftRightLogical(Rounded(from + k), 16);
            var high = Vector512.ShiftRightLogical(Rounded(from + k + 16), 16);
            Vector512.Narrow(low, high).Store(to + k);
        }
    }

    /// <summary>So many pairs of values of two rows, a multiple of 16: as they stand above each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pair(float* even, float* odd, ushort* to, int count)
    {
        var upper = Vector512.Create(0xFFFF0000u);
        for (var k = 0; k < count; k += 16)
        {
            (Vector512.ShiftRightLogical(Rounded(even + k), 16) | (Rounded(odd + k) & upper)).Store((uint*)to + k);
        }
    }

    /// <summary>A row of so many pairs of values as a column of pairs: to[pair, at] of a matrix of so many columns.</summary>
    public static void Column(ushort* row, int pairs, ushort* to, int columns, int at)
    {
        for (var k = 0; k < pairs; k++)
        {
            ((uint*)to)[((long)k * columns) + at] = ((uint*)row)[k];
        }
    }

    // The upper half of each lane holds the rounded number, the lower what is left; not-a-number stays so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(float* from)
    {
        var value = Vector512.Load(from);
        var bits = value.AsUInt32();
        var odd = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        return Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), bits + Vector512.Create(0x7FFFu) + odd, Vector512.Create(0x7FC00000u));
    }
}
