using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The softmax of rows x over candidates y in one sweep: tiles of S = scale x y^T are made, turned into exponentials below the row's maximum
/// so far and multiplied by the candidates at once, so that the log-sum-exp and its slope need two products and no matrix.
/// </summary>
internal sealed unsafe class CrossTiles<TLanes, TVector> : IDisposable
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Block = 192, Stride = Block + 16;
    private const int MostRows = 288; // a tile of so many rows and a block of candidates, packed twice, fit the second cache
    private const float Lowest = -3e38f;

    private readonly float* _x;
    private readonly float* _y;
    private readonly int _rows, _candidates, _width, _parts, _shares, _blockRows, _blocks, _room, _panel;
    private readonly NativeBuffer? _halves; // the rows in bfloat16, [row][depth], where products are of bfloat16
    private readonly float _scale;
    private readonly bool _unit;

    /// <summary>
    /// Takes the rows and the candidates, which are divided by their lengths on the way if they are to be. Products are of float32, or of bfloat16 where the values of
    /// the rows are.
    /// </summary>
    public CrossTiles(float* x, float* y, int rows, int candidates, int width, double scale, bool unit, bool halves)
    {
        _unit = unit;
        _x = x;
        _y = y;
        (_rows, _candidates, _width, _scale) = (rows, candidates, width, (float)scale);
        (_panel, _parts) = halves ? (BFloat16Rows.Padded(width), 1) : (W, (width + W - 1) / W);
        _blocks = (rows + MostRows - 1) / MostRows;
        _blockRows = (((rows + _blocks - 1) / _blocks) + 5) / 6 * 6; // the product takes six rows at once

        // Few rows: the candidates are shared out, by sizes alone, so that answers do not depend on the number of threads.
        _shares = rows >= 8 * Block ? 1 : Math.Clamp(candidates / (4 * Block), 1, 16);
        _room = halves ? _blocks * _blockRows : rows; // products of bfloat16 are of whole blocks
        if (halves)
        {
            _halves = new NativeBuffer((long)_room * _panel / 2);
            BFloat16Rows.Rows(x, rows, width, (ushort*)_halves.Pointer);
        }
    }

    private static int W => PanelProduct<TLanes, TVector>.Width;

    public void Dispose() => _halves?.Dispose();

    private long SumsOf(int share) => (long)share * _room;

    /// <summary>lse_i, and slopes_i = scale sum_k softmax_k(S_i) y_k.</summary>
    public void Run(int threads, float* lse, float* slopes)
    {
        using var maxima = new NativeBuffer((long)_shares * _room);
        using var sums = new NativeBuffer((long)_shares * _room);
        using var totals = new NativeBuffer((long)_shares * _parts * _room * _panel); // [share][column panel][row][column in panel]
        new Span<float>(maxima.Pointer, _shares * _room).Fill(Lowest);
        var (max, sum, total) = ((nint)maxima.Pointer, (nint)sums.Pointer, (nint)totals.Pointer);
        Units(threads, (share, first, buffer) =>
        {
            var at = SumsOf(share);
            var own = (float*)total + (at * _parts * _panel);
            Share(share, first, buffer, own, (tile, rows, _, columns, padded) =>
                Exponentiate(tile, rows, columns, padded, (float*)max + at + first, (float*)sum + at + first, own + ((long)first * _panel)));
        });
        for (var i = 0; i < _rows; i++)
        {
            Merge(i, maxima.Pointer, sums.Pointer, totals.Pointer, lse, slopes + ((long)i * _width));
        }
    }

    /// <summary>slopes_i = scale sum_k weights_k exp(S_ik - levels_k) y_k: what candidates learn, where they are the rows here and the anchors the candidates.</summary>
    public void Weigh(int threads, float* levels, float* weights, float* slopes)
    {
        using var totals = new NativeBuffer((long)_shares * _parts * _room * _panel);
        var (level, weight, total) = ((nint)levels, (nint)weights, (nint)totals.Pointer);
        Units(threads, (share, first, buffer) =>
            Share(share, first, buffer, (float*)total + (SumsOf(share) * _parts * _panel), (tile, rows, second, columns, padded) =>
                Weigh(tile, rows, columns, padded, (float*)level + second, (float*)weight + second)));
        for (var i = 0; i < _rows; i++)
        {
            Gather(i, totals.Pointer, null, slopes + ((long)i * _width));
        }
    }

    // Every share of the candidates and block of rows, with room of its own.
    private void Units(int threads, UnitWork work)
    {
        var spare = new ConcurrentBag<NativeBuffer>();
        Team.For(_blocks * _shares, threads, unit =>
        {
            var buffer = spare.TryTake(out var kept) ? kept : Room();
            work(unit % _shares, unit / _shares * _blockRows, buffer.Pointer);
            spare.Add(buffer);
        });
        foreach (var buffer in spare)
        {
            buffer.Dispose();
        }
    }

    // A tile, two packed blocks of candidates, a row divided by its length.
    private NativeBuffer Room() => new(((long)_blockRows * Stride) + ((long)Block * ((_halves is null ? _width : _panel) + (_parts * _panel))) + _panel + _width + (_halves is null ? 0 : ((long)_blockRows * Block / 2) + (3 * _panel)));

    // A block of rows over one share of the candidates.
    private void Share(int share, int first, float* tile, float* totals, TileWork work)
    {
        var rows = Math.Min(_blockRows, _rows - first);
        if (rows <= 0)
        {
            return;
        }

        var across = tile + (_blockRows * Stride);
        var along = across + (Block * (_halves is null ? _width : _panel));
        var weights = (ushort*)(along + (Block * _parts * _panel));
        var blocks = (_candidates + Block - 1) / Block;
        var (from, to) = ((int)((long)blocks * share / _shares), (int)((long)blocks * (share + 1) / _shares));
        for (var block = from; block < to; block++)
        {
            var second = block * Block;
            var columns = Math.Min(Block, _candidates - second);
            var padded = (columns + W - 1) / W * W;
            if (_halves is not null)
            {
                BFloat16Rows.Pack(_y + ((long)second * _width), columns, _width, _unit, Block, (ushort*)across, (ushort*)along, (float*)weights);
                Interop.BFloat16Product.Multiply(
                    _blockRows, Block, _panel, _panel, Block, Stride, false, (ushort*)_halves.Pointer + ((long)first * _panel), (ushort*)across, tile);
                work(tile, rows, second, columns, padded);
                BFloat16Rows.Tile(tile, Stride, rows, columns, _blockRows, Block, weights);
                Interop.BFloat16Product.Multiply(_blockRows, _panel, Block, Block, _panel, _panel, true, weights, (ushort*)along, totals + ((long)first * _panel));
                Interop.BFloat16Product.Done();
                continue;
            }

            Pack(second, columns, across, along);
            for (var column = 0; column < padded; column += W)
            {
                PanelProduct<TLanes, TVector>.Multiply(
                    _x + ((long)first * _width), _width, 1, across + (column * _width), tile + column, Stride, rows, _width, false);
            }

            work(tile, rows, second, columns, padded);
            for (var part = 0; part < _parts; part++)
            {
                PanelProduct<TLanes, TVector>.Multiply(
                    tile, Stride, 1, along + (part * Block * W), totals + ((((long)part * _room) + first) * W), W, rows, columns, true);
            }
        }
    }

    // Candidates as panels of columns for the first product and of rows for the second; what is beyond the last stays of no weight.
    private void Pack(int second, int columns, float* across, float* along)
    {
        var length = along + (Block * _parts * W); // room for a row divided by its length
        for (var i = 0; i < columns; i++)
        {
            var row = _y + ((long)(second + i) * _width);
            if (_unit)
            {
                UnitLengths.Lanes<TLanes, TVector>.Forward(row, _width, (float)Reference.NtXent.Floor, length);
                row = length;
            }

            var to = across + (i / W * W * _width) + (i % W);
            for (var k = 0; k < _width; k++)
            {
                to[k * W] = row[k];
            }

            for (var part = 0; part < _parts; part++)
            {
                new ReadOnlySpan<float>(row + (part * W), Math.Min(W, _width - (part * W))).CopyTo(new Span<float>(along + (((part * Block) + i) * W), W));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Exponentiate(float* tile, int rows, int columns, int padded, float* maxima, float* sums, float* totals)
    {
        var scale = TLanes.Create(_scale);
        var lanes = stackalloc float[TLanes.Count];
        for (var row = 0; row < rows; row++)
        {
            var line = tile + (row * Stride);
            for (var k = columns; k < padded; k++)
            {
                line[k] = float.NegativeInfinity;
            }

            var old = maxima[row];
            var highest = TLanes.Create(old);
            for (var k = 0; k < padded; k += TLanes.Count)
            {
                highest = TLanes.Max(highest, TLanes.Multiply(TLanes.Load(ref line[k]), scale));
            }

            TLanes.Store(highest, ref lanes[0]);
            for (var k = 0; k < TLanes.Count; k++)
            {
                maxima[row] = Math.Max(maxima[row], lanes[k]);
            }

            if (maxima[row] != old)
            {
                var shrink = (float)Math.Exp((double)old - maxima[row]);
                sums[row] *= shrink;
                for (var part = 0; part < _parts; part++)
                {
                    var total = totals + ((((long)part * _room) + row) * _panel);
                    for (var k = 0; k < _panel; k += TLanes.Count)
                    {
                        TLanes.Store(TLanes.Multiply(TLanes.Load(ref total[k]), TLanes.Create(shrink)), ref total[k]);
                    }
                }
            }

            TVector sum = default;
            var shift = TLanes.Create(-maxima[row]);
            for (var k = 0; k < padded; k += TLanes.Count)
            {
                var e = Exponential<TLanes, TVector>.Of(TLanes.MultiplyAdd(TLanes.Load(ref line[k]), scale, shift));
                TLanes.Store(e, ref line[k]);
                sum = TLanes.Add(sum, e);
            }

            sums[row] += TLanes.Sum(sum);
        }
    }

    private void Merge(int i, float* maxima, float* sums, float* totals, float* lse, float* slope)
    {
        var max = (double)Lowest;
        for (var share = 0; share < _shares; share++)
        {
            max = Math.Max(max, maxima[SumsOf(share) + i]);
        }

        var sum = 0.0;
        for (var share = 0; share < _shares; share++)
        {
            sum += sums[SumsOf(share) + i] * Math.Exp(maxima[SumsOf(share) + i] - max);
        }

        lse[i] = (float)(max + Math.Log(sum));
        var weights = stackalloc float[_shares];
        for (var share = 0; share < _shares; share++)
        {
            weights[share] = (float)(Math.Exp(maxima[SumsOf(share) + i] - max) / sum);
        }

        Gather(i, totals, weights, slope);
    }

    // scale times the sum of all shares' totals of a row, each with its weight if there are any.
    private void Gather(int i, float* totals, float* weights, float* slope)
    {
        new Span<float>(slope, _width).Clear();
        for (var share = 0; share < _shares; share++)
        {
            var weight = _scale * (weights is null ? 1 : weights[share]);
            var total = totals + (SumsOf(share) * _parts * _panel);
            for (var k = 0; k < _width; k++)
            {
                slope[k] += weight * total[((((long)k / _panel * _room) + i) * _panel) + (k % _panel)];
            }
        }
    }

    // The tile becomes weights_k exp(S_ik - levels_k).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Weigh(float* tile, int rows, int columns, int padded, float* levels, float* weights)
    {
        var scale = TLanes.Create(_scale);
        var ends = stackalloc float[2 * Block];
        new ReadOnlySpan<float>(levels, columns).CopyTo(new Span<float>(ends, Block));
        new ReadOnlySpan<float>(weights, columns).CopyTo(new Span<float>(ends + Block, Block));
        new Span<float>(ends + Block + columns, Block - columns).Clear();
        for (var row = 0; row < rows; row++)
        {
            var line = tile + (row * Stride);
            for (var k = 0; k < padded; k += TLanes.Count)
            {
                var e = Exponential<TLanes, TVector>.Of(TLanes.Subtract(TLanes.Multiply(TLanes.Load(ref line[k]), scale), TLanes.Load(ref ends[k])));
                TLanes.Store(TLanes.Multiply(e, TLanes.Load(ref ends[Block + k])), ref line[k]);
            }
        }
    }

    private delegate void UnitWork(int share, int first, float* room);

    private delegate void TileWork(float* tile, int rows, int second, int columns, int padded);
}
