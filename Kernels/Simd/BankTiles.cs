using System;
using System.Runtime.CompilerServices;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>Products of rows with rows of a bank that indices name, read where they lie: nothing is gathered.</summary>
internal sealed unsafe class BankTiles<TLanes, TVector>(float* bank, long* indices, int rows, int chosen, int width, int threads)
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private readonly int _whole = width - (width % TLanes.Count);

    /// <summary>scores_ij = x_i . bank[indices_ij].</summary>
    public void Scores(float* x, float* scores) => Each(i =>
    {
        for (var j = 0; j < chosen; j++)
        {
            scores[((long)i * chosen) + j] = Dot(x + ((long)i * width), bank + (indices[((long)i * chosen) + j] * width));
        }
    });

    /// <summary>gradient_i = sum_j slopes_ij bank[indices_ij].</summary>
    public void Gradient(float* slopes, float* gradient) => Each(i =>
    {
        var to = gradient + ((long)i * width);
        new Span<float>(to, width).Clear();
        for (var j = 0; j < chosen; j++)
        {
            Add(slopes[((long)i * chosen) + j], bank + (indices[((long)i * chosen) + j] * width), to);
        }
    });

    private void Each(Action<int> row) => Team.For(rows, threads, row);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Dot(float* a, float* b)
    {
        TVector sum = default;
        for (var k = 0; k < _whole; k += TLanes.Count)
        {
            sum = TLanes.MultiplyAdd(TLanes.Load(ref a[k]), TLanes.Load(ref b[k]), sum);
        }

        var all = TLanes.Sum(sum);
        for (var k = _whole; k < width; k++)
        {
            all += a[k] * b[k];
        }

        return all;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(float factor, float* b, float* to)
    {
        var f = TLanes.Create(factor);
        for (var k = 0; k < _whole; k += TLanes.Count)
        {
            TLanes.Store(TLanes.MultiplyAdd(f, TLanes.Load(ref b[k]), TLanes.Load(ref to[k])), ref to[k]);
        }

        for (var k = _whole; k < width; k++)
        {
            to[k] += factor * b[k];
        }
    }
}
