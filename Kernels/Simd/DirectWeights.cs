using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// <see cref="Reference.Convolution"/>'s gradient of the weights from float32 maps with the channels last, as multiply-adds in registers: eight outputs by 32 inputs of one tap, over the
/// places of a few images. No map is moved, and each sum has one order whatever the number of threads.
/// </summary>
internal sealed unsafe class DirectWeights
{
    private const int Outputs = 8, Inputs = 32, Sixteen = 16, Most = 16;

    // Bytes of 32 channels of some maps, and of the lines that eight slopes lie in, which a core's second cache holds while all taps go by; with fewer, sums are written and read too often.
    private const int Room = 60 << 10, Line = 64;

    // Sums of several parts of the images cost their writing and reading: as many times the numbers of a part's sums are summed over.
    private const long Worth = 16;

    private readonly ConvolutionShape _it;
    private readonly int _images, _rows, _parts; // images, or rows of one, that go by at once
    private readonly long _image, _slope;

    private DirectWeights(ConvolutionShape it)
    {
        _it = it;
        (_image, _slope) = ((long)it.Height * it.Width * it.Inputs, (long)it.Rows * it.Columns * it.Outputs);
        var row = 4 * Inputs * it.Stride * it.Width + (Line * it.Columns);
        var rows = Math.Max(1, Room / row);
        (_images, _rows) = (Math.Clamp(rows / it.Rows, 1, it.Images), Even(it.Rows, rows));
        _parts = Parts(it);
    }

    /// <summary>Floats that <see cref="Gradient"/> wants for its sums.</summary>
    /// <param name="it">The sizes.</param>
    public static long Sums(ConvolutionShape it) => Parts(it) * Weights(it);

    /// <summary>The gradient, outputs x inputs x kernel x kernel, where <see cref="DirectConvolution.Fits"/>.</summary>
    /// <param name="it">The sizes.</param>
    /// <param name="x">n x h x w x c maps that were convolved.</param>
    /// <param name="slopes">n x rows x columns x outputs slopes of what came out.</param>
    /// <param name="sums">Room for <see cref="Sums"/>.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="gradient">Where it goes.</param>
    public static void Gradient(ConvolutionShape it, float* x, float* slopes, float* sums, int threads, float* gradient)
    {
        var own = new DirectWeights(it);
        var (from, over, some, to) = ((nint)x, (nint)slopes, (nint)sums, (nint)gradient);
        var (parts, blocks) = (own._parts, it.Outputs / Outputs);
        var groups = Math.Clamp(2 * threads / parts, 1, blocks); // of outputs
        Team.For(parts * groups, threads, task =>
        {
            var (part, group) = (task / groups, task % groups);
            own.Part((float*)from, (float*)over, part, blocks * group / groups, blocks * (group + 1) / groups, (float*)some + (part * Weights(it)));
        });
        Team.For(it.Outputs, threads, output => own.Collect((float*)some, output, (float*)to));
    }

    private static long Weights(ConvolutionShape it) => (long)it.Taps * it.Inputs * it.Outputs;

    private static int Parts(ConvolutionShape it)
    {
        var maps = (long)it.Images * ((it.Height * it.Width * it.Inputs) + (it.Rows * it.Columns * it.Outputs));
        var worth = (int)Math.Clamp(maps / (Worth * Weights(it)), 1, Math.Min(Most, it.Images));
        return 1 << BitOperations.Log2((uint)worth); // threads share out a power of two evenly
    }

    // At most so many, in parts as equal as can be.
    private static int Even(int all, int most) => (all + ((all + most - 1) / most) - 1) / ((all + most - 1) / most);

    // [output][tap][input] over the images of a part, of blocks of eight outputs.
    private void Part(float* x, float* slopes, int part, int first, int end, float* sums)
    {
        var (start, stop) = ((int)((long)_it.Images * part / _parts), (int)((long)_it.Images * (part + 1) / _parts));
        for (var image = start; image < stop; image += _images)
        {
            for (var row = 0; row < _it.Rows; row += _rows)
            {
                for (var input = 0; input < _it.Inputs; input += Inputs)
                {
                    for (var block = first; block < end; block++)
                    {
                        float* from = x + (image * _image) + input, over = slopes + (image * _slope) + (block * Outputs);
                        var to = sums + ((long)block * Outputs * _it.Taps * _it.Inputs) + input;
                        Taps(from, over, Math.Min(_images, stop - image), row, to, image > start || row > 0);
                    }
                }
            }
        }
    }

    // Some images from a row on, all taps, beside what is there or in place of it.
    private void Taps(float* x, float* slopes, int images, int start, float* sums, bool more)
    {
        for (var tap = 0; tap < _it.Taps; tap++)
        {
            var (down, right) = (tap / _it.Kernel, tap % _it.Kernel);
            var (top, bottom) = _it.Inside(_it.Height, _it.Rows, down);
            var (left, end) = _it.Inside(_it.Width, _it.Columns, right);
            (top, bottom) = (Math.Max(top, start), Math.Min(bottom, start + _rows));
            var places = new Places(
                images,
                Math.Max(0, bottom - top),
                Math.Max(0, end - left),
                _image,
                (long)_it.Stride * _it.Width * _it.Inputs,
                _it.Stride * _it.Inputs,
                _slope,
                (long)_it.Columns * _it.Outputs,
                _it.Outputs);
            var place = ((((long)top * _it.Stride) - _it.Padding + down) * _it.Width) + (left * _it.Stride) - _it.Padding + right;
            var step = ((long)top * _it.Columns) + left;
            Tile(
                x + (place * _it.Inputs), slopes + (step * _it.Outputs), places, sums + ((long)tap * _it.Inputs), (long)_it.Taps * _it.Inputs, more);
        }
    }

    // The sums of all parts, sixteen inputs at a time, in the order of the weights.
    private void Collect(float* sums, int output, float* gradient)
    {
        var order = TapOrder.Of(_it.Taps);
        var some = stackalloc float[Sixteen * _it.Taps];
        for (var input = 0; input < _it.Inputs; input += Sixteen)
        {
            var own = sums + ((long)output * _it.Taps * _it.Inputs) + input;
            for (var tap = 0; tap < _it.Taps; tap++, own += _it.Inputs)
            {
                var sum = Vector512.Load(own);
                for (var part = 1; part < _parts; part++)
                {
                    sum += Vector512.Load(own + (part * Weights(_it)));
                }

                sum.Store(some + (Sixteen * tap));
            }

            order.ToInputs(some, gradient + ((((long)output * _it.Inputs) + input) * _it.Taps));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* x, float* slopes, Places places, float* sums, long apart, bool more)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        Vector512<float> e0 = default, e1 = default, f0 = default, f1 = default, g0 = default, g1 = default, h0 = default, h1 = default;
        for (var image = 0; image < places.Images; image++)
        {
            for (var row = 0; row < places.Rows; row++)
            {
                float* p = x + (image * places.Image) + (row * places.Row), s = slopes + (image * places.Slope) + (row * places.SlopeRow);
                for (var column = places.Columns; column > 0; column--, p += places.Step, s += places.SlopeStep)
                {
                    var (p0, p1) = (Vector512.Load(p), Vector512.Load(p + Sixteen));
                    var v = Vector512.Create(s[0]);
                    a0 = Vector512.FusedMultiplyAdd(p0, v, a0);
                    a1 = Vector512.FusedMultiplyAdd(p1, v, a1);
                    v = Vector512.Create(s[1]);
                    b0 = Vector512.FusedMultiplyAdd(p0, v, b0);
                    b1 = Vector512.FusedMultiplyAdd(p1, v, b1);
                    v = Vector512.Create(s[2]);
                    c0 = Vector512.FusedMultiplyAdd(p0, v, c0);
                    c1 = Vector512.FusedMultiplyAdd(p1, v, c1);
                    v = Vector512.Create(s[3]);
                    d0 = Vector512.FusedMultiplyAdd(p0, v, d0);
                    d1 = Vector512.FusedMultiplyAdd(p1, v, d1);
                    v = Vector512.Create(s[4]);
                    e0 = Vector512.FusedMultiplyAdd(p0, v, e0);
                    e1 = Vector512.FusedMultiplyAdd(p1, v, e1);
                    v = Vector512.Create(s[5]);
                    f0 = Vector512.FusedMultiplyAdd(p0, v, f0);
                    f1 = Vector512.FusedMultiplyAdd(p1, v, f1);
                    v = Vector512.Create(s[6]);
                    g0 = Vector512.FusedMultiplyAdd(p0, v, g0);
                    g1 = Vector512.FusedMultiplyAdd(p1, v, g1);
                    v = Vector512.Create(s[7]);
                    h0 = Vector512.FusedMultiplyAdd(p0, v, h0);
                    h1 = Vector512.FusedMultiplyAdd(p1, v, h1);
                }
            }
        }

        Two(sums, a0, a1, more);
        Two(sums + apart, b0, b1, more);
        Two(sums + (2 * apart), c0, c1, more);
        Two(sums + (3 * apart), d0, d1, more);
        Two(sums + (4 * apart), e0, e1, more);
        Two(sums + (5 * apart), f0, f1, more);
        Two(sums + (6 * apart), g0, g1, more);
        Two(sums + (7 * apart), h0, h1, more);
    }

    // Beside what is there or in place of it.
    private static void Two(float* at, Vector512<float> first, Vector512<float> second, bool more)
    {
        var next = at + Sixteen;
        (more ? Vector512.Load(at) + first : first).Store(at);
        (more ? Vector512.Load(next) + second : second).Store(next);
    }

    // Images, their rows and columns, and how far from one to the next, in the maps and in the slopes.
    private readonly record struct Places(int Images, int Rows, int Columns, long Image, long Row, int Step, long Slope, long SlopeRow, int SlopeStep);
}
