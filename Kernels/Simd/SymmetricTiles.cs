using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Sums of exponentials over the similarities of rows among themselves, S = scale u u^T, without S: S is symmetric, so only tiles on and
/// above the diagonal are made, each in a core's second cache, and each serves its rows and its columns.
/// </summary>
internal sealed unsafe class SymmetricTiles<TLanes, TVector> : IDisposable
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const float Lowest = -3e38f;

    private readonly float* _u;
    private readonly int _rows, _width, _block, _stride, _padded, _panels, _period, _threads;
    private readonly float _scale, _shift;
    private readonly bool _bounded;
    private readonly NativeBuffer? _across; // panels of rows as columns: [row panel][column of u][row in panel]
    private readonly BFloat16Blocks? _halves; // in place of the panels, where products are of bfloat16
    private readonly ConcurrentBag<NativeBuffer> _tiles = [];

    /// <summary>
    /// Takes rows u; a bound of |S| or not-a-number. Rows whose indices differ by a multiple of the period exclude each other. Products are of float32, or of bfloat16
    /// where the values of u are.
    /// </summary>
    public SymmetricTiles(float* u, int rows, int width, double scale, int period, double bound, int threads, int block, bool halves, bool back)
    {
        _u = u;
        (_rows, _width, _block, _period, _threads) = (rows, width, block, period, threads);
        (_scale, _shift, _bounded) = ((float)scale, double.IsNaN(bound) ? 0f : (float)bound, !double.IsNaN(bound));
        _stride = block + 16; // a line more than the block: columns of a tile then lie in different sets of the cache
        _panels = (rows + W - 1) / W;
        _padded = _panels * W;
        if (halves)
        {
            _halves = new BFloat16Blocks(u, rows, width, block, threads, back);
            return;
        }

        _across = new NativeBuffer((long)_padded * width);
        for (var i = 0; i < rows; i++)
        {
            var to = _across.Pointer + ((long)(i / W) * W * width) + (i % W);
            for (var k = 0; k < width; k++)
            {
                to[(long)k * W] = u[((long)i * width) + k];
            }
        }
    }

    private static int W => PanelProduct<TLanes, TVector>.Width;

    private int Blocks => (_rows + _block - 1) / _block;

    public void Dispose()
    {
        _across?.Dispose();
        _halves?.Dispose();
        foreach (var tile in _tiles)
        {
            tile.Dispose();
        }
    }

    /// <summary>lse_i = log sum_(k not excluded) exp(S_ik).</summary>
    public void LogSums(float* lse)
    {
        using var sums = new NativeBuffer(_padded);
        using var maxima = new NativeBuffer(_padded);
        new Span<float>(maxima.Pointer, _padded).Fill(_bounded ? _shift : Lowest);
        var (sum, max) = ((nint)sums.Pointer, (nint)maxima.Pointer);
        Rounds.Run(Blocks, _threads, (i, j) => WithTile(i, j, (tile, rows, columns) =>
        {
            var (first, second) = (i * _block, j * _block);
            if (_bounded)
            {
                AddBounded(tile, rows, columns, (float*)sum + first, (float*)sum + second, i != j);
                return;
            }

            AddRows(tile, rows, columns, (float*)sum + first, (float*)max + first);
            if (i != j)
            {
                AddColumns(tile, rows, columns, (float*)sum + second, (float*)max + second);
            }
        }));
        for (var i = 0; i < _rows; i++)
        {
            lse[i] = (float)(maxima.Pointer[i] + Math.Log(sums.Pointer[i]));
        }
    }

    /// <summary>The gradient of sum_i weights_i lse_i with respect to u, where lse is LogSums' answer.</summary>
    public void Gradient(float* lse, float* weights, float* gradient)
    {
        var parts = _halves is null ? (_width + W - 1) / W : 0;
        using var along = new NativeBuffer((long)parts * _padded * W); // panels of columns: [column panel][row][column in panel]
        using var sum = new NativeBuffer((long)parts * _padded * W);
        using var levels = new NativeBuffer(_padded);
        using var factors = new NativeBuffer(_padded);
        for (var i = 0; i < _rows; i++)
        {
            levels.Pointer[i] = lse[i];
            factors.Pointer[i] = (float)((double)weights[i] * _scale * (_bounded ? Math.Exp((double)_shift - lse[i]) : 1.0));
            for (var k = 0; k < _width && parts > 0; k++)
            {
                along.Pointer[((((long)k / W * _padded) + i) * W) + (k % W)] = _u[((long)i * _width) + k];
            }
        }

        var (v, du, level, factor) = ((nint)along.Pointer, (nint)sum.Pointer, (nint)levels.Pointer, (nint)factors.Pointer);
        Rounds.Run(Blocks, _threads, (i, j) => WithTile(i, j, (tile, rows, columns) =>
        {
            var (first, second) = (i * _block, j * _block);
            var f = (float*)factor;
            var l = (float*)level;
            Weigh(tile, rows, columns, f + first, f + second, l + first, l + second);
            if (_halves is not null)
            {
                _halves.Add(i, j, tile, _stride, rows, columns, tile + ((long)_block * _stride));
                return;
            }

            var usable = Math.Min(_block, _rows - second);
            for (var part = 0; part < parts; part++)
            {
                var at = (float*)v + ((long)part * _padded * W);
                var to = (float*)du + ((long)part * _padded * W);
                PanelProduct<TLanes, TVector>.Multiply(tile, _stride, 1, at + (second * W), to + (first * W), W, rows, usable, true);
                if (i != j)
                {
                    PanelProduct<TLanes, TVector>.Multiply(tile, 1, _stride, at + (first * W), to + (second * W), W, usable, rows, true);
                }
            }
        }));
        if (_halves is not null)
        {
            _halves.Read(gradient);
            return;
        }

        for (var i = 0; i < _rows; i++)
        {
            for (var k = 0; k < _width; k++)
            {
                gradient[((long)i * _width) + k] = sum.Pointer[((((long)k / W * _padded) + i) * W) + (k % W)];
            }
        }
    }

    // u_I u_J^T into a tile, excluded pairs and columns beyond the last row at minus infinity; then the work on it.
    private void WithTile(int i, int j, TileWork work)
    {
        var buffer = _tiles.TryTake(out var kept) ? kept : new NativeBuffer(((long)_block * _stride) + (_halves is null ? 0 : BFloat16Blocks.Room(_block)));
        var tile = buffer.Pointer;
        var (first, second) = (i * _block, j * _block);
        var rows = Math.Min(_block, _rows - first);
        var columns = Math.Min(_block, _padded - second);
        _halves?.Product(i, j, tile, _stride);
        for (var column = 0; column < columns && _across is not null; column += W)
        {
            var panel = _across.Pointer + ((long)(second + column) * _width);
            PanelProduct<TLanes, TVector>.Multiply(_u + ((long)first * _width), _width, 1, panel, tile + column, _stride, rows, _width, false);
        }

        for (var row = 0; row < rows; row++)
        {
            var line = tile + (row * _stride);
            for (var k = (((first + row - second) % _period) + _period) % _period; k < columns; k += _period)
            {
                line[k] = float.NegativeInfinity;
            }

            for (var k = _rows - second; k < columns; k++)
            {
                line[k] = float.NegativeInfinity;
            }
        }

        work(tile, rows, columns);
        _tiles.Add(buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBounded(float* tile, int rows, int columns, float* rowSums, float* columnSums, bool both)
    {
        var (scale, shift) = (TLanes.Create(_scale), TLanes.Create(-_shift));
        for (var row = 0; row < rows; row++)
        {
            TVector sum = default;
            var line = tile + (row * _stride);
            for (var k = 0; k < columns; k += TLanes.Count)
            {
                var e = Exponential<TLanes, TVector>.Of(TLanes.MultiplyAdd(TLanes.Load(ref line[k]), scale, shift));
                sum = TLanes.Add(sum, e);
                if (both)
                {
                    TLanes.Store(TLanes.Add(TLanes.Load(ref columnSums[k]), e), ref columnSums[k]);
                }
            }

            rowSums[row] += TLanes.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRows(float* tile, int rows, int columns, float* sums, float* maxima)
    {
        var scale = TLanes.Create(_scale);
        var lanes = stackalloc float[TLanes.Count];
        for (var row = 0; row < rows; row++)
        {
            var line = tile + (row * _stride);
            var old = maxima[row];
            var highest = TLanes.Create(old);
            for (var k = 0; k < columns; k += TLanes.Count)
            {
                highest = TLanes.Max(highest, TLanes.Multiply(TLanes.Load(ref line[k]), scale));
            }

            TLanes.Store(highest, ref lanes[0]);
            for (var k = 0; k < TLanes.Count; k++)
            {
                maxima[row] = Math.Max(maxima[row], lanes[k]);
            }

            TVector sum = default;
            var shift = TLanes.Create(-maxima[row]);
            for (var k = 0; k < columns; k += TLanes.Count)
            {
                sum = TLanes.Add(sum, Exponential<TLanes, TVector>.Of(TLanes.MultiplyAdd(TLanes.Load(ref line[k]), scale, shift)));
            }

            sums[row] = (float)(sums[row] * Math.Exp((double)old - maxima[row])) + TLanes.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddColumns(float* tile, int rows, int columns, float* sums, float* maxima)
    {
        var scale = TLanes.Create(_scale);
        for (var k = 0; k < columns; k += TLanes.Count)
        {
            var old = TLanes.Load(ref maxima[k]);
            var max = old;
            for (var row = 0; row < rows; row++)
            {
                max = TLanes.Max(max, TLanes.Multiply(TLanes.Load(ref tile[(row * _stride) + k]), scale));
            }

            var sum = TLanes.Multiply(TLanes.Load(ref sums[k]), Exponential<TLanes, TVector>.Of(TLanes.Subtract(old, max)));
            for (var row = 0; row < rows; row++)
            {
                var x = TLanes.Multiply(TLanes.Load(ref tile[(row * _stride) + k]), scale);
                sum = TLanes.Add(sum, Exponential<TLanes, TVector>.Of(TLanes.Subtract(x, max)));
            }

            TLanes.Store(max, ref maxima[k]);
            TLanes.Store(sum, ref sums[k]);
        }
    }

    // The tile becomes weights_i exp(S_ik - lse_i) + weights_k exp(S_ik - lse_k), times scale.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Weigh(float* tile, int rows, int columns, float* rowFactors, float* columnFactors, float* rowLevels, float* columnLevels)
    {
        var (scale, shift) = (TLanes.Create(_scale), TLanes.Create(-_shift));
        for (var row = 0; row < rows; row++)
        {
            var line = tile + (row * _stride);
            var (factor, level) = (TLanes.Create(rowFactors[row]), TLanes.Create(-rowLevels[row]));
            for (var k = 0; k < columns; k += TLanes.Count)
            {
                var s = TLanes.Load(ref line[k]);
                var other = TLanes.Load(ref columnFactors[k]);
                if (_bounded)
                {
                    var e = Exponential<TLanes, TVector>.Of(TLanes.MultiplyAdd(s, scale, shift));
                    TLanes.Store(TLanes.Multiply(e, TLanes.Add(factor, other)), ref line[k]);
                    continue;
                }

                var x = TLanes.Multiply(s, scale);
                var mine = Exponential<TLanes, TVector>.Of(TLanes.Add(x, level));
                var theirs = Exponential<TLanes, TVector>.Of(TLanes.Subtract(x, TLanes.Load(ref columnLevels[k])));
                TLanes.Store(TLanes.MultiplyAdd(mine, factor, TLanes.Multiply(theirs, other)), ref line[k]);
            }
        }
    }

    private delegate void TileWork(float* tile, int rows, int columns);
}
