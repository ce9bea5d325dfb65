using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Maps of bfloat16, channels last, in the layouts in which products sum over pixels: the images of a pixel stand beside each other, so that any run of pixels of a row is one stretch of
/// memory. Images are counted in sixteens; those beyond the last are zeros.
/// </summary>
internal static unsafe class ConvolutionPacks
{
    // Indices of two registers of 32 halves that exchange one bit of the place of a half in its register with the bit that tells the registers apart; see Turn.
    private static readonly Vector512<ushort> Low1 = Exchange(1, 0, false), High1 = Exchange(1, 1, false);
    private static readonly Vector512<ushort> Low2 = Exchange(2, 0, false), High2 = Exchange(2, 1, false);
    private static readonly Vector512<ushort> Low3 = Exchange(3, 0, true), High3 = Exchange(3, 1, true);

    /// <summary>Whether the processor has the instructions.</summary>
    public static bool Available => Avx512BW.IsSupported;

    /// <summary>
    /// A pixel of so many images as pairs of images: to[image / 2][block][2] for each block of so many channels. An image is <paramref name="stride"/> values after the one before, a block of the
    /// target <paramref name="apart"/> values for each of its channels.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pairs(ushort* from, long stride, int images, int counted, int channels, int block, ushort* to, long apart, long at)
    {
        for (var first = 0; first < channels; first += block)
        {
            var width = System.Math.Min(block, channels - first);
            var target = to + (first * apart) + (at * width);
            for (var n = 0; n < counted; n += 2, target += 2 * width)
            {
                var even = from + (n * stride) + first;
                var odd = even + stride;
                for (var c = 0; c < width; c += 16)
                {
                    var low = n < images ? Avx512F.ConvertToVector512UInt32(Vector256.Load(even + c)) : Vector512<uint>.Zero;
                    var high = n + 1 < images ? Avx512F.ConvertToVector512UInt32(Vector256.Load(odd + c)) : Vector512<uint>.Zero;
                    (low | (high << 16)).Store((uint*)(target + (2 * c)));
                }
            }
        }
    }

    /// <summary>A pixel of so many images turned: to[channel][image], a channel <paramref name="apart"/> values after the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turned(ushort* from, long stride, int images, int counted, int channels, ushort* to, long apart)
    {
        for (var n = 0; n < counted; n += 16)
        {
            for (var c = 0; c < channels; c += 16)
            {
                Turn(from + (n * stride) + c, stride, images - n, to + (c * apart) + n, apart);
            }
        }
    }

    /// <summary>The weights of an output, inputs x taps in float32, as taps x inputs in bfloat16; inputs are a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights(float* from, int inputs, int taps, ushort* to)
    {
        var order = TapOrder.Of(taps);
        var some = stackalloc float[16 * taps];
        for (var first = 0; first < inputs; first += 16)
        {
            order.ToTaps(from + ((long)first * taps), some);
            for (var tap = 0; tap < taps; tap++)
            {
                SixteenHalves.Store(Vector512.Load(some + (16 * tap)), to, ((long)tap * inputs) + first);
            }
        }
    }

    // 16 rows of 16 halves become columns, two rows to a register. The place of a half is r0 c3 c2 c1 c0 in register r3 r2 r1, for row r and column c; three exchanges give r3 r2 r1 r0 after c0
    // in register c3 c2 c1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ushort* from, long stride, int rows, ushort* to, long apart)
    {
        var (a, b) = Swap(Two(from, stride, 0, rows), Two(from, stride, 2, rows), Low1, High1);
        var (c, d) = Swap(Two(from, stride, 4, rows), Two(from, stride, 6, rows), Low1, High1);
        var (e, f) = Swap(Two(from, stride, 8, rows), Two(from, stride, 10, rows), Low1, High1);
        var (g, h) = Swap(Two(from, stride, 12, rows), Two(from, stride, 14, rows), Low1, High1);
        (a, c) = Swap(a, c, Low2, High2);
        (b, d) = Swap(b, d, Low2, High2);
        (e, g) = Swap(e, g, Low2, High2);
        (f, h) = Swap(f, h, Low2, High2);
        (a, e) = Swap(a, e, Low3, High3);
        (b, f) = Swap(b, f, Low3, High3);
        (c, g) = Swap(c, g, Low3, High3);
        (d, h) = Swap(d, h, Low3, High3);
        Keep(a, to, apart, 0);
        Keep(b, to, apart, 2);
        Keep(c, to, apart, 4);
        Keep(d, to, apart, 6);
        Keep(e, to, apart, 8);
        Keep(f, to, apart, 10);
        Keep(g, to, apart, 12);
        Keep(h, to, apart, 14);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Two(ushort* from, long stride, int row, int rows) => Vector512.Create(
        row < rows ? Vector256.Load(from + (row * stride)) : Vector256<ushort>.Zero,
        row + 1 < rows ? Vector256.Load(from + ((row + 1) * stride)) : Vector256<ushort>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector512<ushort> two, ushort* to, long apart, int row)
    {
        two.GetLower().Store(to + (row * apart));
        two.GetUpper().Store(to + ((row + 1) * apart));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<ushort> Low, Vector512<ushort> High) Swap(Vector512<ushort> a, Vector512<ushort> b, Vector512<ushort> low, Vector512<ushort> high) =>
        (Avx512BW.PermuteVar32x16x2(a, low, b), Avx512BW.PermuteVar32x16x2(a, high, b));

    // The last exchange also swaps the outermost bits, r0 and c0.
    private static Vector512<ushort> Exchange(int bit, int value, bool outermost)
    {
        var places = new ushort[32];
        for (var place = 0; place < 32; place++)
        {
            var from = outermost ? (place & 0b01110) | (place >> 4) | ((place & 1) << 4) : place;
            places[place] = (ushort)((from & ~(1 << bit)) | (value << bit) | (((from >> bit) & 1) << 5));
        }

        return Vector512.Create(places);
    }
}
