using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;

namespace Vantage.Kernels.Simd;

/// <summary>
/// The softmax of rows x over candidates y in one sweep: tiles of S = scale x y^T are made, turned into exponentials below the row's maximum
/// so far and multiplied by the candidates at once, so that the log-sum-exp and its slope need two products and no matrix.
/// </summary>
internal sealed unsafe class CrossTiles<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Block = 192, Stride = Block + 16;
    private const int MostRows = 288; // a tile of so many rows and a block of candidates, packed twice, fit the second cache
    private const float Lowest = -3e38f;

    private readonly float* _x;
    private readonly float* _y;
    private readonly int _rows, _candidates, _width, _parts, _shares, _blockRows, _blocks;
    private readonly float _scale;

    /// <summary>Takes the rows and the candidates.</summary>
    public CrossTiles(float* x, float* y, int rows, int candidates, int width, double scale)
    {
        _x = x;
        _y = y;
        (_rows, _candidates, _width, _scale) = (rows, candidates, width, (float)scale);
        _parts = (width + W - 1) / W;
        _blocks = (rows + MostRows - 1) / MostRows;
        _blockRows = (((rows + _blocks - 1) / _blocks) + 5) / 6 * 6; // the product takes six rows at once

        // Few rows: the candidates are shared out, by sizes alone, so that answers do not depend on the number of threads.
        _shares = rows >= 8 * Block ? 1 : Math.Clamp(candidates / (4 * Block), 1, 16);
    }

    private static int W => PanelProduct<TLanes, TVector>.Width;

    private long SumsOf(int share) => (long)share * _rows;

    /// <summary>lse_i, and slopes_i = scale sum_k softmax_k(S_i) y_k.</summary>
    public void Run(int threads, float* lse, float* slopes)
    {
        using var maxima = new NativeBuffer((long)_shares * _rows);
        using var sums = new NativeBuffer((long)_shares * _rows);
        using var totals = new NativeBuffer((long)_shares * _parts * _rows * W); // [share][column panel][row][column in panel]
        new Span<float>(maxima.Pointer, _shares * _rows).Fill(Lowest);
        var spare = new ConcurrentBag<NativeBuffer>();
        var (max, sum, total) = ((nint)maxima.Pointer, (nint)sums.Pointer, (nint)totals.Pointer);
        Parallel.For(0, _blocks * _shares, new ParallelOptions { MaxDegreeOfParallelism = threads }, unit =>
        {
            var buffer = spare.TryTake(out var kept) ? kept : new NativeBuffer(((long)_blockRows * Stride) + ((long)Block * (_width + (_parts * W))));
            var share = unit % _shares;
            Share(
                share, unit / _shares * _blockRows, buffer.Pointer, (float*)max + SumsOf(share), (float*)sum + SumsOf(share),
                (float*)total + (SumsOf(share) * _parts * W));
            spare.Add(buffer);
        });
        foreach (var buffer in spare)
        {
            buffer.Dispose();
        }

        for (var i = 0; i < _rows; i++)
        {
            Merge(i, maxima.Pointer, sums.Pointer, totals.Pointer, lse, slopes + ((long)i * _width));
        }
    }

    // A block of rows over one share of the candidates.
    private void Share(int share, int first, float* tile, float* maxima, float* sums, float* totals)
    {
        var rows = Math.Min(_blockRows, _rows - first);
        if (rows <= 0)
        {
            return;
        }

        var across = tile + (_blockRows * Stride);
        var along = across + (Block * _width);
        var blocks = (_candidates + Block - 1) / Block;
        var (from, to) = ((int)((long)blocks * share / _shares), (int)((long)blocks * (share + 1) / _shares));
        for (var block = from; block < to; block++)
        {
            var second = block * Block;
            var columns = Math.Min(Block, _candidates - second);
            Pack(second, columns, across, along);
            var padded = (columns + W - 1) / W * W;
            for (var column = 0; column < padded; column += W)
            {
                PanelProduct<TLanes, TVector>.Multiply(
                    _x + ((long)first * _width), _width, 1, across + (column * _width), tile + column, Stride, rows, _width, false);
            }

            Exponentiate(tile, rows, columns, padded, maxima + first, sums + first, totals + ((long)first * W));
            for (var part = 0; part < _parts; part++)
            {
                PanelProduct<TLanes, TVector>.Multiply(
                    tile, Stride, 1, along + (part * Block * W), totals + ((((long)part * _rows) + first) * W), W, rows, columns, true);
            }
        }
    }

    // Candidates as panels of columns for the first product and of rows for the second; what is beyond the last stays of no weight.
    private void Pack(int second, int columns, float* across, float* along)
    {
        for (var i = 0; i < columns; i++)
        {
            var row = _y + ((long)(second + i) * _width);
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
                    var total = totals + ((((long)part * _rows) + row) * W);
                    for (var k = 0; k < W; k += TLanes.Count)
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
        new Span<float>(slope, _width).Clear();
        for (var share = 0; share < _shares; share++)
        {
            var weight = (float)(Math.Exp(maxima[SumsOf(share) + i] - max) / sum * _scale);
            var total = totals + (SumsOf(share) * _parts * W);
            for (var k = 0; k < _width; k++)
            {
                slope[k] += weight * total[((((long)k / W * _rows) + i) * W) + (k % W)];
            }
        }
    }
}
