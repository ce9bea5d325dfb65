using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>How many planes one pass goes through at once; a type, so that the compiler drops what one plane does not need.</summary>
internal interface IPixel
{
    static abstract bool Rgb { get; }
}

/// <summary>Red, green and blue together.</summary>
internal readonly struct RgbPixel : IPixel
{
    public static bool Rgb => true;
}

/// <summary>One plane alone.</summary>
internal readonly struct GreyPixel : IPixel
{
    public static bool Rgb => false;
}

/// <summary>Per-pixel steps fused: a vector of pixels is loaded once, goes through all of them in registers, and is stored once.</summary>
internal static class ColourPass
{
    /// <summary>Vectors added in float32 before the sum goes on in double: 64 additions keep its relative error under 64 x 2^-24 = 4e-6.</summary>
    private const int SumRun = 64;

    /// <summary>Read from [16 - n] on, the first n lanes are 1 and the others 0.</summary>
    private static readonly float[] Mask = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Does the steps in place; with <paramref name="mean"/>, returns the mean of the resulting grey, else 0.</summary>
    internal static double InPlace<TLanes, TVector>(Planes planes, ReadOnlySpan<ColourStep> steps, bool mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        steps.IsEmpty && !mean ? 0
            : planes.Channels == 3 ? InPlace<TLanes, TVector, RgbPixel>(planes, steps, mean)
            : EachPlane<TLanes, TVector>(planes, steps, mean);

    /// <summary>Does the steps and the standardization, and writes the view.</summary>
    internal static void Finish<TLanes, TVector>(Planes planes, ReadOnlySpan<ColourStep> steps, ViewShape shape, Span<float> view)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (planes.Pixels < TLanes.Count)
        {
            InPlace<TLanes, TVector>(planes, steps, false);
            for (var c = 0; c < planes.Channels; c++)
            {
                Finish<Lanes1, float, GreyPixel>(planes, [], shape, view, c);
            }
        }
        else if (planes.Channels == 3)
        {
            Finish<TLanes, TVector, RgbPixel>(planes, steps, shape, view, 0);
        }
        else
        {
            for (var c = 0; c < planes.Channels; c++)
            {
                Finish<TLanes, TVector, GreyPixel>(planes, steps, shape, view, c);
            }
        }
    }

    private static double EachPlane<TLanes, TVector>(Planes planes, ReadOnlySpan<ColourStep> steps, bool mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var result = 0.0;
        for (var c = 0; c < planes.Channels; c++)
        {
            result = InPlace<TLanes, TVector, GreyPixel>(planes, steps, mean, c);
        }

        return result;
    }

    private static double InPlace<TLanes, TVector, TPixel>(Planes planes, ReadOnlySpan<ColourStep> steps, bool mean, int channel = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TPixel : struct, IPixel
    {
        ref var red = ref MemoryMarshal.GetReference(planes.Plane(channel));
        ref var green = ref Unsafe.Add(ref red, TPixel.Rgb ? planes.Stride : 0);
        ref var blue = ref Unsafe.Add(ref green, TPixel.Rgb ? planes.Stride : 0);
        var (total, run, pixels) = (0.0, 0, planes.Pixels);
        var sum = TLanes.Create(0);
        for (var x = 0; x < pixels; x += TLanes.Count)
        {
            var r = TLanes.Load(ref Unsafe.Add(ref red, x));
            var g = TPixel.Rgb ? TLanes.Load(ref Unsafe.Add(ref green, x)) : r;
            var b = TPixel.Rgb ? TLanes.Load(ref Unsafe.Add(ref blue, x)) : r;
            Steps<TLanes, TVector, TPixel>(steps, ref r, ref g, ref b);
            TLanes.Store(r, ref Unsafe.Add(ref red, x));
            if (TPixel.Rgb)
            {
                TLanes.Store(g, ref Unsafe.Add(ref green, x));
                TLanes.Store(b, ref Unsafe.Add(ref blue, x));
            }

            if (mean)
            {
                var grey = TPixel.Rgb ? Grayscale.Apply<TLanes, TVector>(r, g, b) : r;
                sum = x + TLanes.Count <= pixels
                    ? TLanes.Add(sum, grey)
                    : TLanes.MultiplyAdd(grey, TLanes.Load(ref Mask[16 - (pixels - x)]), sum);
                if (++run == SumRun)
                {
                    total += TLanes.Sum(sum);
                    (sum, run) = (TLanes.Create(0), 0);
                }
            }
        }

        return (total + TLanes.Sum(sum)) / pixels;
    }

    private static void Finish<TLanes, TVector, TPixel>(Planes planes, ReadOnlySpan<ColourStep> steps, ViewShape shape, Span<float> view, int channel)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TPixel : struct, IPixel
    {
        var pixels = planes.Pixels;
        ref var red = ref MemoryMarshal.GetReference(planes.Plane(channel));
        ref var green = ref Unsafe.Add(ref red, TPixel.Rgb ? planes.Stride : 0);
        ref var blue = ref Unsafe.Add(ref green, TPixel.Rgb ? planes.Stride : 0);
        ref var toRed = ref MemoryMarshal.GetReference(view.Slice(channel * pixels, TPixel.Rgb ? 3 * pixels : pixels));
        ref var toGreen = ref Unsafe.Add(ref toRed, TPixel.Rgb ? pixels : 0);
        ref var toBlue = ref Unsafe.Add(ref toGreen, TPixel.Rgb ? pixels : 0);
        var standardRed = new Standardize<TLanes, TVector>(shape, channel);
        var standardGreen = new Standardize<TLanes, TVector>(shape, TPixel.Rgb ? 1 : channel);
        var standardBlue = new Standardize<TLanes, TVector>(shape, TPixel.Rgb ? 2 : channel);
        for (var next = 0; next < pixels; next += TLanes.Count)
        {
            var x = Math.Min(next, pixels - TLanes.Count); // the last vector overlaps the one before: a view has no padding
            var r = TLanes.Load(ref Unsafe.Add(ref red, x));
            var g = TPixel.Rgb ? TLanes.Load(ref Unsafe.Add(ref green, x)) : r;
            var b = TPixel.Rgb ? TLanes.Load(ref Unsafe.Add(ref blue, x)) : r;
            Steps<TLanes, TVector, TPixel>(steps, ref r, ref g, ref b);
            TLanes.Store(standardRed.Apply(r), ref Unsafe.Add(ref toRed, x));
            if (TPixel.Rgb)
            {
                TLanes.Store(standardGreen.Apply(g), ref Unsafe.Add(ref toGreen, x));
                TLanes.Store(standardBlue.Apply(b), ref Unsafe.Add(ref toBlue, x));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Steps<TLanes, TVector, TPixel>(ReadOnlySpan<ColourStep> steps, ref TVector r, ref TVector g, ref TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TPixel : struct, IPixel
    {
        for (var i = 0; i < steps.Length; i++)
        {
            ref readonly var step = ref steps[i];
            if (step.Kind == ColourKind.Affine)
            {
                var (slope, offset) = (TLanes.Create(step.A), TLanes.Create(step.B));
                r = Brightness.Apply<TLanes, TVector>(r, slope, offset);
                if (TPixel.Rgb)
                {
                    g = Brightness.Apply<TLanes, TVector>(g, slope, offset);
                    b = Brightness.Apply<TLanes, TVector>(b, slope, offset);
                }
            }
            else if (step.Kind == ColourKind.Solarize)
            {
                r = Solarize.Apply<TLanes, TVector>(r, step.A);
                g = TPixel.Rgb ? Solarize.Apply<TLanes, TVector>(g, step.A) : r;
                b = TPixel.Rgb ? Solarize.Apply<TLanes, TVector>(b, step.A) : r;
            }
            else if (step.Kind == ColourKind.Posterize)
            {
                r = Posterize.Apply<TLanes, TVector>(r, step.A);
                g = TPixel.Rgb ? Posterize.Apply<TLanes, TVector>(g, step.A) : r;
                b = TPixel.Rgb ? Posterize.Apply<TLanes, TVector>(b, step.A) : r;
            }
            else if (step.Kind == ColourKind.Lab)
            {
                Lab.Apply<TLanes, TVector>(ref r, ref g, ref b);
            }
            else if (step.Kind == ColourKind.Saturation)
            {
                Saturation.Apply<TLanes, TVector>(ref r, ref g, ref b, step.A);
            }
            else if (step.Kind == ColourKind.Hue)
            {
                Hue.Apply<TLanes, TVector>(ref r, ref g, ref b, step.A);
            }
            else
            {
                r = Grayscale.Apply<TLanes, TVector>(r, g, b);
                (g, b) = (r, r);
            }
        }
    }
}
