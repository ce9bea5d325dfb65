using System;
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

    /// <summary>Rows of so many values, each made up to <see cref="Padded"/> by zeros.</summary>
    public static void Rows(float* x, int rows, int width, ushort* to)
    {
        var depth = Padded(width);
        using var line = new NativeBuffer(depth);
        for (var i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(x + ((long)i * width), width).CopyTo(new Span<float>(line.Pointer, width));
            Round(line.Pointer, to + ((long)i * depth), depth);
        }
    }

    /// <summary>
    /// A block of candidates, divided by their lengths if they are to be: across, [depth / 2][block][2], in pairs of values; along, [block / 2][depth][2], in pairs of rows, zeros
    /// beyond the last. The room is for two and a half rows.
    /// </summary>
    public static void Pack(float* y, int count, int width, bool unit, int block, ushort* across, ushort* along, float* room)
    {
        var depth = Padded(width);
        var halves = (ushort*)(room + (2 * depth));
        new Span<ushort>(along, block * depth).Clear();
        new Span<float>(room, 2 * depth).Clear();
        for (var i = 0; i < count; i++)
        {
            var row = y + ((long)i * width);
            var line = room + (i % 2 * depth);
            if (unit)
            {
                UnitLengths.Lanes<Lanes512, Vector512<float>>.Forward(row, width, (float)Reference.NtXent.Floor, line);
            }
            else
            {
                new ReadOnlySpan<float>(row, width).CopyTo(new Span<float>(line, width));
            }

            Round(line, halves, depth);
            Column(halves, depth / 2, across, block, i);
            if (i % 2 == 0 && i + 1 == count)
            {
                new Span<float>(room + depth, depth).Clear();
            }

            if (i % 2 == 1 || i + 1 == count)
            {
                Pair(room, room + depth, along + ((long)i / 2 * depth * 2), depth);
            }
        }
    }

    /// <summary>A tile of weights, what is beyond its rows and columns none.</summary>
    public static void Tile(float* tile, int stride, int rows, int columns, int allRows, int allColumns, ushort* to)
    {
        for (var row = 0; row < rows; row++)
        {
            var line = tile + ((long)row * stride);
            new Span<float>(line + columns, allColumns - columns).Clear();
            Round(line, to + ((long)row * allColumns), allColumns);
        }

        new Span<ushort>(to + ((long)rows * allColumns), (allRows - rows) * allColumns).Clear();
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
