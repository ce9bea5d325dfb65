using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>The end of a chain: the pending steps, the standardization, and the view's own layout and type.</summary>
internal static class Output<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Writes one view or tile. Float32 in NCHW is written by the pass itself; others go through a buffer that sits in the cache.</summary>
    internal static void Write<TOut>(Planes planes, ReadOnlySpan<ColourStep> steps, ViewShape shape, Scratch scratch, Span<TOut> view)
        where TOut : unmanaged
    {
        if (typeof(TOut) == typeof(float) && shape.Layout == Layout.Nchw)
        {
            ColourPass.Finish<TLanes, TVector>(planes, steps, shape, MemoryMarshal.Cast<TOut, float>(view));
            return;
        }

        var buffer = Scratch.Need(ref scratch.View, shape.TileLength).AsSpan(0, shape.TileLength);
        ColourPass.Finish<TLanes, TVector>(planes, steps, shape, buffer);
        var (pixels, step) = (shape.Height * shape.Width, shape.Layout == Layout.Nhwc ? shape.Channels : 1);
        for (var c = 0; c < shape.Channels; c++)
        {
            var plane = buffer.Slice(c * pixels, pixels);
            var to = view[(shape.Layout == Layout.Nhwc ? c : c * pixels)..];
            for (var i = 0; i < plane.Length; i++)
            {
                to[i * step] = Of<TOut>(plane[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TOut Of<TOut>(float value)
        where TOut : unmanaged
    {
        if (typeof(TOut) == typeof(float))
        {
            return Unsafe.As<float, TOut>(ref value);
        }

        var rounded = BFloat16.From(value);
        return Unsafe.As<BFloat16, TOut>(ref rounded);
    }
}
