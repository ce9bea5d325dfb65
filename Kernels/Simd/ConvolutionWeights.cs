using System;
using System.Runtime.Intrinsics;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>
/// <see cref="Reference.Convolution"/>'s gradient of the weights from bfloat16 maps, sums in float32: for each tap a product of the slopes and of the maps that the tap reads, over all
/// images and pixels. What lies beyond the edges takes no part. Neither the order nor the number of sums depends on the number of threads, so neither do the bits.
/// </summary>
internal sealed unsafe class ConvolutionWeights
{
    // Channels on a side of a product; images side by side; bytes of packed maps, which stay in the last cache; products that can go on at once, a few at any size, and more where each
    // has so many pixels to sum over: the sums of all parts are written and read once more, which takes as long as the products of some hundred pixels.
    private const int Block = 64, Most = 64, Sixteen = 16, Abreast = 16, Few = 4, Pixels = 2048;
    private const long Room = 8 << 20;

    [ThreadStatic]
    private static NativeBuffer? kept;

    [ThreadStatic]
    private static long keptCount;

    private readonly ConvolutionShape _it;
    private readonly int _images, _inputBlock, _outputBlock, _parts;
    private readonly int[] _rowAt, _columnAt; // where a row or column of the maps lies among those that a tap reads, or -1
    private readonly int _rows, _columns;
    private readonly long _lead; // from a channel of the turned slopes to the next

    private ConvolutionWeights(ConvolutionShape it)
    {
        _it = it;
        (_rowAt, _rows) = Places(it.Height, it);
        (_columnAt, _columns) = Places(it.Width, it);
        _inputBlock = Even(it.Inputs);
        _outputBlock = Even(it.Outputs);
        var image = 2L * (((long)_rows * _columns * it.Inputs) + ((long)it.Rows * it.Columns * it.Outputs));
        var most = (int)Math.Clamp(Room / image / Sixteen * Sixteen, Sixteen, Most);
        var chunks = (it.Images + most - 1) / most;
        _images = Rounded((it.Images + chunks - 1) / chunks);
        _lead = ((long)it.Rows * it.Columns * _images) + 32; // not a power of two: channels would share lines of the cache
        var pairs = Blocks(it.Inputs, _inputBlock) * Blocks(it.Outputs, _outputBlock);
        var worth = (int)Math.Min(Abreast, (long)it.Images * it.Rows * it.Columns / Pixels);
        _parts = Math.Min(it.Rows, Math.Max(Blocks(Few, pairs), Math.Min(worth, Blocks(Abreast, pairs))));
    }

    /// <summary>Whether the gradient can be had here: channels are multiples of 16, kernels no larger than any published.</summary>
    public static bool Fits(int inputs, int outputs, int kernel) =>
        inputs % Sixteen == 0 && outputs % Sixteen == 0 && kernel <= 11 && ConvolutionPacks.Available && BFloat16Product.Available;

    /// <summary>The gradient, outputs x inputs x kernel x kernel.</summary>
    /// <param name="it">The sizes.</param>
    /// <param name="x">n x h x w x c maps that were convolved, bfloat16.</param>
    /// <param name="slopes">n x rows x columns x outputs slopes of what came out, bfloat16.</param>
    /// <param name="threads">At most so many.</param>
    /// <param name="gradient">Where it goes.</param>
    public static void Gradient(ConvolutionShape it, ushort* x, ushort* slopes, int threads, float* gradient) =>
        new ConvolutionWeights(it).Run((nint)x, (nint)slopes, threads, (nint)gradient);

    private static int Rounded(int count) => (count + Sixteen - 1) / Sixteen * Sixteen;

    private static int Blocks(int channels, int block) => (channels + block - 1) / block;

    // Blocks of as equal a width as sixteens allow.
    private static int Even(int channels)
    {
        var blocks = Blocks(channels, Block);
        return Rounded((channels + blocks - 1) / blocks);
    }

    // Rows, or columns, that taps read: those of one remainder of the stride beside each other, so that a tap's run has no gaps.
    private static (int[] At, int Count) Places(int length, ConvolutionShape it)
    {
        var at = new int[length];
        Array.Fill(at, -1);
        var count = 0;
        for (var phase = 0; phase < it.Stride; phase++)
        {
            var read = false;
            for (var tap = 0; tap < it.Kernel; tap++)
            {
                read |= (((tap - it.Padding) % it.Stride) + it.Stride) % it.Stride == phase;
            }

            for (var place = phase; read && place < length; place += it.Stride)
            {
                at[place] = count++;
            }
        }

        return (at, count);
    }

    // A buffer that the thread keeps, with anything in it, up to what most layers need.
    private static (NativeBuffer Buffer, bool Keep) Need(long floats)
    {
        if (floats > 4 * Room)
        {
            return (new NativeBuffer(floats), false);
        }

        if (keptCount < floats)
        {
            kept?.Dispose();
            (kept, keptCount) = (new NativeBuffer(floats), floats);
        }

        return (kept!, true);
    }

    private void Run(nint x, nint slopes, int threads, nint gradient)
    {
        var (maps, turned) = ((long)_rows * _columns * _images * _it.Inputs, _lead * _it.Outputs);
        var weights = (long)_it.Taps * _it.Inputs * _it.Outputs;
        var packed = (maps + turned + 31) / 32 * Sixteen; // two halves to a float, whole lines
        var (buffer, keep) = Need(packed + (_parts * weights));
        try
        {
            var (pairs, across, sums) = ((nint)buffer.Pointer, (nint)((ushort*)buffer.Pointer + maps), (nint)(buffer.Pointer + packed));
            var blocks = Blocks(_it.Inputs, _inputBlock) * Blocks(_it.Outputs, _outputBlock);
            for (var first = 0; first < _it.Images; first += _images)
            {
                var image = first;
                Team.For(_it.Height + _it.Rows, threads, row =>
                {
                    if (row >= _it.Height)
                    {
                        Turn((ushort*)slopes, image, row - _it.Height, (ushort*)across);
                    }
                    else if (_rowAt[row] >= 0)
                    {
                        Pair((ushort*)x, image, row, (ushort*)pairs);
                    }
                });
                Team.For(_parts * blocks, threads, task =>
                    Multiply((ushort*)pairs, (ushort*)across, task / blocks, task % blocks, image > 0, (float*)sums + (task / blocks * weights)));
            }

            Team.For(_it.Outputs, threads, output => Collect((float*)sums, weights, output, (float*)gradient));
        }
        finally
        {
            if (!keep)
            {
                buffer.Dispose();
            }
        }
    }

    private void Pair(ushort* x, int image, int row, ushort* to)
    {
        var stride = (long)_it.Height * _it.Width * _it.Inputs;
        var line = x + (image * stride) + ((long)row * _it.Width * _it.Inputs);
        var apart = (long)_rows * _columns * _images;
        for (var w = 0; w < _it.Width; w++)
        {
            if (_columnAt[w] >= 0)
            {
                var at = (((long)_rowAt[row] * _columns) + _columnAt[w]) * _images;
                ConvolutionPacks.Pairs(
                    line + ((long)w * _it.Inputs), stride, _it.Images - image, _images, _it.Inputs, _inputBlock, to, apart, at);
            }
        }
    }

    private void Turn(ushort* slopes, int image, int row, ushort* to)
    {
        var stride = (long)_it.Rows * _it.Columns * _it.Outputs;
        var line = slopes + (image * stride) + ((long)row * _it.Columns * _it.Outputs);
        for (var w = 0; w < _it.Columns; w++)
        {
            ConvolutionPacks.Turned(
                line + ((long)w * _it.Outputs), stride, _it.Images - image, _images, _it.Outputs, to + ((((long)row * _it.Columns) + w) * _images), _lead);
        }
    }

    // One block of outputs by one of inputs, all taps, over the rows of a part; added to what is there or in place of it. Taps of one column follow one another: their products have
    // one depth, and between depths the processor's tiles are set anew.
    private void Multiply(ushort* pairs, ushort* across, int part, int block, bool add, float* sums)
    {
        var inputBlocks = Blocks(_it.Inputs, _inputBlock);
        var (output, input) = (block / inputBlocks * _outputBlock, block % inputBlocks * _inputBlock);
        var (height, width) = (Math.Min(_outputBlock, _it.Outputs - output), Math.Min(_inputBlock, _it.Inputs - input));
        var maps = pairs + ((long)_rows * _columns * _images * input);
        var slopes = across + (output * _lead);
        var (start, end) = (_it.Rows * part / _parts, _it.Rows * (part + 1) / _parts);
        for (var right = 0; right < _it.Kernel; right++)
        {
            var (from, to) = _it.Inside(_it.Width, _it.Columns, right);
            for (var down = 0; down < _it.Kernel; down++)
            {
                var target = At(sums, output, input, height, (down * _it.Kernel) + right);
                var more = add;
                for (var row = start; from < to && row < end; row++)
                {
                    var y = (row * _it.Stride) - _it.Padding + down;
                    if (y < 0 || y >= _it.Height)
                    {
                        continue;
                    }

                    var column = _columnAt[(from * _it.Stride) - _it.Padding + right];
                    BFloat16Product.Multiply(
                        height,
                        width,
                        (to - from) * _images,
                        checked((int)_lead),
                        width,
                        width,
                        more,
                        slopes + ((((long)row * _it.Columns) + from) * _images),
                        maps + ((((long)_rowAt[y] * _columns) + column) * _images * width),
                        target);
                    more = true;
                }

                if (!more)
                {
                    new Span<float>(target, height * width).Clear(); // a tap beyond the edges in all rows of the part
                }
            }
        }

        BFloat16Product.Done();
    }

    // [block of outputs][block of inputs][tap][output][input]
    private float* At(float* sums, int output, int input, int height, int tap) =>
        sums + (_it.Taps * (((long)output * _it.Inputs) + ((long)height * input))) + ((long)tap * height * Math.Min(_inputBlock, _it.Inputs - input));

    // The sums of all parts, sixteen inputs at a time, in the order of the weights.
    private void Collect(float* sums, long weights, int output, float* gradient)
    {
        var first = output / _outputBlock * _outputBlock;
        var height = Math.Min(_outputBlock, _it.Outputs - first);
        var order = TapOrder.Of(_it.Taps);
        var some = stackalloc float[Sixteen * _it.Taps];
        for (var input = 0; input < _it.Inputs; input += Sixteen)
        {
            var block = input / _inputBlock * _inputBlock;
            var width = Math.Min(_inputBlock, _it.Inputs - block);
            var own = At(sums, first, block, height, 0) + ((long)(output - first) * width) + (input - block);
            for (var tap = 0; tap < _it.Taps; tap++, own += height * width)
            {
                var sum = Vector512.Load(own);
                for (var part = 1; part < _parts; part++)
                {
                    sum += Vector512.Load(own + (part * weights));
                }

                sum.Store(some + (Sixteen * tap));
            }

            order.ToInputs(some, gradient + ((((long)output * _it.Inputs) + input) * _it.Taps));
        }
    }
}
