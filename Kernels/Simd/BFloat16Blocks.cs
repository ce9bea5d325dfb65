using System;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Blocks of rows u in bfloat16, each in the four layouts in which products need it, and sums of float32: what <see cref="SymmetricTiles{TLanes, TVector}"/> multiplies
/// where bfloat16 is asked for. A tile of weights serves its rows as it is and its columns in pairs of rows, so that it is never turned.
/// </summary>
internal sealed unsafe class BFloat16Blocks : IDisposable
{
    private readonly int _rows, _width, _block, _depth;
    private readonly NativeBuffer _own; // [row][depth]
    private readonly NativeBuffer _across; // [block][depth / 2][row in block][2]
    private readonly NativeBuffer? _along; // [block][row in block / 2][depth][2]
    private readonly NativeBuffer? _turned; // [block][depth][row in block]
    private readonly NativeBuffer? _sum; // [row][depth], float32
    private readonly NativeBuffer? _turnedSum; // [block][depth][row in block], float32

    /// <summary>Takes rows u, whose values are bfloat16 already; the way back needs more.</summary>
    public BFloat16Blocks(float* u, int rows, int width, int block, int threads, bool back)
    {
        (_rows, _width, _block, _depth) = (rows, width, block, BFloat16Rows.Padded(width));
        var blocks = (rows + block - 1) / block;
        var values = (long)blocks * block * _depth;
        _own = new NativeBuffer(values / 2);
        _across = new NativeBuffer(values / 2);
        if (back)
        {
            (_along, _turned, _sum, _turnedSum) = (new NativeBuffer(values / 2), new NativeBuffer(values / 2), new NativeBuffer(values), new NativeBuffer(values));
        }

        var from = (nint)u;
        Team.For(blocks, threads, b => Pack(b, (float*)from));
    }

    /// <summary>What a tile needs beside itself for its way back, in float32.</summary>
    public static int Room(int block) => block * block;

    public void Dispose()
    {
        _own.Dispose();
        _across.Dispose();
        _along?.Dispose();
        _turned?.Dispose();
        _sum?.Dispose();
        _turnedSum?.Dispose();
    }

    /// <summary>u_I u_J^T into a tile.</summary>
    public void Product(int i, int j, float* tile, int stride)
    {
        Interop.BFloat16Product.Multiply(_block, _block, _depth, _depth, _block, stride, false, At(_own, i), At(_across, j), tile);
        Interop.BFloat16Product.Done();
    }

    /// <summary>du_I += tile u_J and, of different blocks, du_J += tile^T u_I; the tile holds weights in its first rows and columns and is changed.</summary>
    public void Add(int i, int j, float* tile, int stride, int rows, int columns, float* room)
    {
        new Span<float>(tile + ((long)rows * stride), (_block - rows) * stride).Clear();
        var weights = (ushort*)room;
        var pairs = weights + (_block * _block);
        BFloat16Rows.Tile(tile, stride, rows, columns, _block, _block, weights);
        Interop.BFloat16Product.Multiply(
            _block, _depth, _block, _block, _depth, _depth, true, weights, At(_along!, j), _sum!.Pointer + ((long)i * _block * _depth));
        if (i != j)
        {
            for (var row = 0; row < _block; row += 2)
            {
                var line = tile + ((long)row * stride);
                BFloat16Rows.Pair(line, line + stride, pairs + ((long)row * _block), _block);
            }

            Interop.BFloat16Product.Multiply(
                _depth, _block, _block, _block, _block, _block, true, At(_turned!, i), pairs, _turnedSum!.Pointer + ((long)j * _block * _depth));
        }

        Interop.BFloat16Product.Done();
    }

    /// <summary>All that was added.</summary>
    public void Read(float* gradient)
    {
        for (var i = 0; i < _rows; i++)
        {
            var (block, row) = (i / _block, i % _block);
            var own = _sum!.Pointer + ((long)i * _depth);
            var turned = _turnedSum!.Pointer + ((long)block * _block * _depth) + row;
            for (var k = 0; k < _width; k++)
            {
                gradient[((long)i * _width) + k] = own[k] + turned[(long)k * _block];
            }
        }
    }

    private ushort* At(NativeBuffer values, int block) => (ushort*)values.Pointer + ((long)block * _block * _depth);

    private void Pack(int block, float* u)
    {
        using var line = new NativeBuffer(_depth);
        var (own, across) = ((nint)At(_own, block), (nint)At(_across, block));
        for (var r = 0; r < Math.Min(_block, _rows - (block * _block)); r++)
        {
            new ReadOnlySpan<float>(u + ((((long)block * _block) + r) * _width), _width).CopyTo(new Span<float>(line.Pointer, _width));
            var row = (ushort*)own + ((long)r * _depth);
            BFloat16Rows.Round(line.Pointer, row, _depth);
            BFloat16Rows.Column(row, _depth / 2, (ushort*)across, _block, r);
            if (_along is null)
            {
                continue;
            }

            var along = At(_along, block) + ((long)r / 2 * _depth * 2) + (r % 2);
            var turned = At(_turned!, block) + r;
            for (var k = 0; k < _depth; k++)
            {
                along[2 * k] = row[k];
                turned[(long)k * _block] = row[k];
            }
        }
    }
}
