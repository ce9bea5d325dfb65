using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// A convolution of float32 maps with the channels last, and the gradient of its maps, as multiply-adds in registers: eight images by 32 channels at one place, over the taps that exist there. Taps
/// beyond the edges cost nothing, and neither direction moves the maps. <see cref="Reference.Convolution"/> has the formulas.
/// </summary>
internal sealed unsafe class DirectConvolution
{
    private const int Images = 8, Channels = 32, Largest = 11;

    // Bytes of the weights: they stay in a core's cache while all places of a row go by.
    private const long Room = 1 << 20;

    // Bytes of an image: the places that eight of them share stay in the first cache. Of larger ones libtorch's kernels, which take a row of one image, are as fast.
    private const long Image = 1 << 16;

    private readonly (int Place, int Tap)[][] _rows, _columns; // for each row or column that comes out the places that go in, and the taps
    private readonly int _images, _width, _from, _to, _taps;
    private readonly long _fromImage, _toImage;

    private DirectConvolution(ConvolutionShape it, bool back)
    {
        (_images, _taps) = (it.Images, it.Taps);
        _rows = Places(it, back, it.Height, it.Rows);
        _columns = Places(it, back, it.Width, it.Columns);
        var (maps, slopes) = ((long)it.Height * it.Width * it.Inputs, (long)it.Rows * it.Columns * it.Outputs);
        (_from, _to, _width) = back ? (it.Outputs, it.Inputs, it.Columns) : (it.Inputs, it.Outputs, it.Width);
        (_fromImage, _toImage) = back ? (slopes, maps) : (maps, slopes);
    }

    /// <summary>Whether a convolution can be had here, and gains by it.</summary>
    /// <param name="it">The sizes.</param>
    public static bool Fits(ConvolutionShape it) =>
        Avx512F.IsSupported && it.Images >= Images && it.Inputs % Channels == 0 && it.Outputs % Channels == 0 && it.Kernel is > 1 and <= Largest
        && it.Rows > 0 && it.Columns > 0 && Bytes(it.Inputs * it.Taps, it.Outputs) <= Room
        && Bytes(it.Height * it.Width, it.Inputs) < Image && Bytes(it.Rows * it.Columns, it.Outputs) < Image;

    private static long Bytes(int many, int channels) => (long)sizeof(float) * many * channels;

    /// <summary>What comes out.</summary>
    /// <param name="it">The sizes.</param>
    /// <param name="x">n x h x w x c maps.</param>
    /// <param name="weights">outputs x inputs x kernel x kernel values.</param>
    /// <param name="packed">Room for as many.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="y">n x rows x columns x outputs, where it goes.</param>
    public static void Forward(ConvolutionShape it, float* x, float* weights, float* packed, int threads, float* y)
    {
        Pack(it.Outputs, it.Inputs, it.Taps, it.Inputs * it.Taps, it.Taps, weights, packed, threads);
        new DirectConvolution(it, back: false).Run((nint)x, (nint)packed, threads, (nint)y);
    }

    /// <summary>The gradient of the maps.</summary>
    /// <param name="it">The sizes.</param>
    /// <param name="slopes">n x rows x columns x outputs slopes of what came out.</param>
    /// <param name="weights">outputs x inputs x kernel x kernel values.</param>
    /// <param name="packed">Room for as many.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="gradient">n x h x w x c, where it goes.</param>
    public static void Back(ConvolutionShape it, float* slopes, float* weights, float* packed, int threads, float* gradient)
    {
        Pack(it.Inputs, it.Outputs, it.Taps, it.Taps, it.Inputs * it.Taps, weights, packed, threads);
        new DirectConvolution(it, back: true).Run((nint)slopes, (nint)packed, threads, (nint)gradient);
    }

    private static (int Place, int Tap)[][] Places(ConvolutionShape it, bool back, int maps, int steps)
    {
        var all = new List<(int, int)>[back ? maps : steps];
        for (var k = 0; k < all.Length; k++)
        {
            all[k] = [];
        }

        for (var step = 0; step < steps; step++)
        {
            for (var tap = 0; tap < it.Kernel; tap++)
            {
                var place = (step * it.Stride) - it.Padding + tap;
                if (place >= 0 && place < maps)
                {
                    all[back ? place : step].Add((back ? step : place, tap));
                }
            }
        }

        return Array.ConvertAll(all, places => places.ToArray());
    }

    // [block of 32 that come out][tap][channel that goes in][32], from values so far apart.
    private static void Pack(int to, int from, int taps, int toApart, int fromApart, float* weights, float* packed, int threads)
    {
        var (source, target) = ((nint)weights, (nint)packed);
        Team.For(to / Channels * taps, threads, task =>
        {
            var (block, tap) = (task / taps, task % taps);
            var at = (float*)target + ((long)task * from * Channels);
            var places = Vector256<int>.Indices * toApart;
            for (var c = 0; c < from; c++, at += Channels)
            {
                var first = (float*)source + ((long)block * Channels * toApart) + ((long)c * fromApart) + tap;
                for (var k = 0; k < Channels; k += Vector256<float>.Count)
                {
                    Avx2.GatherVector256(first + ((long)k * toApart), places, sizeof(float)).Store(at + k);
                }
            }
        });
    }

    private void Run(nint from, nint packed, int threads, nint to)
    {
        var groups = (_images + Images - 1) / Images;
        Team.For(groups * _rows.Length, threads, task =>
            Row((float*)from, (float*)packed, Math.Min(task / _rows.Length * Images, _images - Images), task % _rows.Length, (float*)to));
    }

    // A row of eight images; the last eight may have images of the eight before, which get the same numbers twice.
    private void Row(float* from, float* packed, int image, int row, float* to)
    {
        var sources = stackalloc long[Largest * Largest];
        var weights = stackalloc long[Largest * Largest];
        var kernel = (int)Math.Sqrt(_taps);
        for (var block = 0; block < _to / Channels; block++)
        {
            for (var column = 0; column < _columns.Length; column++)
            {
                var count = 0;
                foreach (var (y, down) in _rows[row])
                {
                    foreach (var (x, right) in _columns[column])
                    {
                        sources[count] = (((long)y * _width) + x) * _from;
                        weights[count++] = (long)((down * kernel) + right) * _from * Channels;
                    }
                }

                var target = to + (image * _toImage) + ((((long)row * _columns.Length) + column) * _to) + (block * Channels);
                Tile(from + (image * _fromImage), _fromImage, _from, sources, packed + ((long)block * _taps * _from * Channels), weights, count, target, _toImage);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* x, long image, int channels, long* sources, float* packed, long* weights, int count, float* y, long apart)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        Vector512<float> e0 = default, e1 = default, f0 = default, f1 = default, g0 = default, g1 = default, h0 = default, h1 = default;
        for (var k = 0; k < count; k++)
        {
            var w = packed + weights[k];
            var a = x + sources[k];
            float* b = a + image, c = b + image, d = c + image, e = d + image, f = e + image, g = f + image, h = g + image;
            for (nint i = 0; i < channels; i++, w += Channels)
            {
                var (w0, w1) = (Vector512.Load(w), Vector512.Load(w + 16));
                var v = Vector512.Create(a[i]);
                a0 = Vector512.FusedMultiplyAdd(w0, v, a0);
                a1 = Vector512.FusedMultiplyAdd(w1, v, a1);
                v = Vector512.Create(b[i]);
                b0 = Vector512.FusedMultiplyAdd(w0, v, b0);
                b1 = Vector512.FusedMultiplyAdd(w1, v, b1);
                v = Vector512.Create(c[i]);
                c0 = Vector512.FusedMultiplyAdd(w0, v, c0);
                c1 = Vector512.FusedMultiplyAdd(w1, v, c1);
                v = Vector512.Create(d[i]);
                d0 = Vector512.FusedMultiplyAdd(w0, v, d0);
                d1 = Vector512.FusedMultiplyAdd(w1, v, d1);
                v = Vector512.Create(e[i]);
                e0 = Vector512.FusedMultiplyAdd(w0, v, e0);
                e1 = Vector512.FusedMultiplyAdd(w1, v, e1);
                v = Vector512.Create(f[i]);
                f0 = Vector512.FusedMultiplyAdd(w0, v, f0);
                f1 = Vector512.FusedMultiplyAdd(w1, v, f1);
                v = Vector512.Create(g[i]);
                g0 = Vector512.FusedMultiplyAdd(w0, v, g0);
                g1 = Vector512.FusedMultiplyAdd(w1, v, g1);
                v = Vector512.Create(h[i]);
                h0 = Vector512.FusedMultiplyAdd(w0, v, h0);
                h1 = Vector512.FusedMultiplyAdd(w1, v, h1);
            }
        }

        Two(y, a0, a1);
        Two(y + apart, b0, b1);
        Two(y + (2 * apart), c0, c1);
        Two(y + (3 * apart), d0, d1);
        Two(y + (4 * apart), e0, e1);
        Two(y + (5 * apart), f0, f1);
        Two(y + (6 * apart), g0, g1);
        Two(y + (7 * apart), h0, h1);
    }

    private static void Two(float* at, Vector512<float> first, Vector512<float> second)
    {
        first.Store(at);
        second.Store(at + Vector512<float>.Count);
    }
}
