using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using System.Threading;
using System.Threading.Tasks;

namespace Vantage.Kernels.Simd;

/// <summary>How many float32 one instruction takes.</summary>
public enum SimdTier
{
    /// <summary>One.</summary>
    Scalar = 1,

    /// <summary>8: AVX2.</summary>
    Vector256 = 8,

    /// <summary>16: AVX-512.</summary>
    Vector512 = 16,
}

/// <summary>
/// The fast engine: bytes in, standardized float32 out, one image after the other while it sits in the L1 or L2 cache, images in
/// parallel. It means what <see cref="Reference.ReferenceEngine"/> means, within float32 rounding.
/// </summary>
/// <remarks>Each algorithm is written once, over <c>ILanes</c>; a tier is a choice of lanes. No image allocates.</remarks>
public sealed class SimdEngine : IViewEngine
{
    /// <summary>Images that one thread takes at a time.</summary>
    private const int Portion = 8;

    private readonly SimdTier tier;

    /// <summary>The widest tier of this machine.</summary>
    public SimdEngine()
        : this(Best)
    {
    }

    /// <summary>A tier by name.</summary>
    /// <exception cref="ArgumentException">This machine does not have it.</exception>
    public SimdEngine(SimdTier tier)
    {
        if (!Has(tier))
        {
            throw new ArgumentException($"this machine has no tier {tier}: its best is {Best}", nameof(tier));
        }

        this.tier = tier;
    }

    /// <summary>The widest tier of this machine.</summary>
    public static SimdTier Best => Has(SimdTier.Vector512) ? SimdTier.Vector512 : Has(SimdTier.Vector256) ? SimdTier.Vector256 : SimdTier.Scalar;

    /// <inheritdoc/>
    public string Name => tier == SimdTier.Scalar ? "simd-scalar" : $"simd-{32 * (int)tier}";

    /// <summary>Whether this machine has the tier.</summary>
    public static bool Has(SimdTier tier) => tier switch
    {
        SimdTier.Scalar => true,
        SimdTier.Vector256 => Vector256.IsHardwareAccelerated,
        SimdTier.Vector512 => Vector512.IsHardwareAccelerated,
        _ => false,
    };

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads) =>
        Render<float>(images, steps, slots, shape, destination, threads);

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<BFloat16> destination, int threads) =>
        Render<BFloat16>(images, steps, slots, shape, destination, threads);

    /// <summary>The passes over the pixels that the engine makes for one image and its steps, in order: which crops and flips are one warp, which steps share a pass.</summary>
    public static IReadOnlyList<string> Passes(Image image, ReadOnlySpan<Step> steps, ViewShape shape)
    {
        var view = new float[shape.Length];
        Guard.Batch([image], steps, steps.Length, shape, view.Length, 1);
        var trace = new PassTrace();
        Chain<Lanes1, float>.Run(image, steps, shape, view.AsSpan(), trace);
        return trace.Passes;
    }

    private void Render<TOut>(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<TOut> destination, int threads)
        where TOut : unmanaged
    {
        Guard.Batch(images.Span, steps.Span, slots, shape, destination.Length, threads);
        if (threads == 1 || images.Length <= Portion)
        {
            Views(images.Span, steps.Span, slots, shape, destination.Span);
        }
        else
        {
            InParallel(images, steps, slots, shape, destination, threads);
        }
    }

    /// <summary>Each thread takes the next portion until none is left: what a view costs varies, and a portion is too short to be handed out one by one.</summary>
    private void InParallel<TOut>(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<TOut> destination, int threads)
        where TOut : unmanaged
    {
        var portions = (images.Length + Portion - 1) / Portion;
        var taken = 0;
        Parallel.For(0, Math.Min(threads, portions), new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            for (var portion = Interlocked.Increment(ref taken) - 1; portion < portions; portion = Interlocked.Increment(ref taken) - 1)
            {
                var first = portion * Portion;
                var count = Math.Min(Portion, images.Length - first);
                Views(
                    images.Span.Slice(first, count),
                    steps.Span.Slice(first * slots, count * slots),
                    slots,
                    shape,
                    destination.Span.Slice(first * shape.Length, count * shape.Length));
            }
        });
    }

    private void Views<TOut>(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, Span<TOut> destination)
        where TOut : unmanaged
    {
        switch (tier)
        {
            case SimdTier.Vector512:
                Views<Lanes512, Vector512<float>, TOut>(images, steps, slots, shape, destination);
                break;
            case SimdTier.Vector256:
                Views<Lanes256, Vector256<float>, TOut>(images, steps, slots, shape, destination);
                break;
            default:
                Views<Lanes1, float, TOut>(images, steps, slots, shape, destination);
                break;
        }
    }

    private static void Views<TLanes, TVector, TOut>(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, Span<TOut> destination)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TOut : unmanaged
    {
        for (var i = 0; i < images.Length; i++)
        {
            Chain<TLanes, TVector>.Run(images[i], steps.Slice(i * slots, slots), shape, destination.Slice(i * shape.Length, shape.Length));
        }
    }
}
