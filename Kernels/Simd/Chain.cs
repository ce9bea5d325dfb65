using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// One image on its way to a view. Crops and flips become one warp from bytes to float; per-pixel steps wait until something needs
/// their result (a mean, a neighbour, the end), then all run in one pass; the last pass standardizes and writes the view.
/// </summary>
internal ref struct Chain<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private readonly Image image;
    private readonly ViewShape shape;
    private readonly Scratch scratch;
    private readonly bool cropped;
    private bool mirrored; // the image as a whole still awaits a flip
    private bool loaded; // the front planes hold the image; before, only its bytes do
    private int pending;

    private Chain(Image image, ReadOnlySpan<Step> steps, ViewShape shape)
    {
        (this.image, this.shape, scratch) = (image, shape, Scratch.Mine);
        scratch.NeedPending(steps.Length);
        mirrored = FlipHorizontal.Odd(steps);
        foreach (var step in steps)
        {
            cropped |= step.Operation is Operation.Crop;
        }
    }

    private readonly ReadOnlySpan<ColourStep> Pending => scratch.Pending.AsSpan(0, pending);

    /// <summary>Makes one view. The arguments fit each other (Guard.Batch).</summary>
    internal static void Run(Image image, ReadOnlySpan<Step> steps, ViewShape shape, Span<float> view)
    {
        var chain = new Chain<TLanes, TVector>(image, steps, shape);
        for (var i = 0; i < steps.Length; i++)
        {
            chain.Do(steps[i], steps[(i + 1)..]);
        }

        chain.Load();
        ColourPass.Finish<TLanes, TVector>(chain.scratch.Front, chain.Pending, shape, view);
    }

    private void Do(Step step, ReadOnlySpan<Step> after)
    {
        switch (step.Operation)
        {
            case Operation.Crop:
                Warp((int)step.A, (int)step.B, (int)step.C, (int)step.D, FlipHorizontal.Odd(after));
                break;
            case Operation.Brightness when step.A != 1:
                Add(Brightness.Of(step.A));
                break;
            case Operation.Contrast when step.A != 1:
                Load();
                Add(Contrast.Of(step.A, Flush(mean: true)));
                break;
            case Operation.Saturation when step.A != 1 && image.Channels == 3:
                Add(Saturation.Of(step.A));
                break;
            case Operation.Hue when Hue.Sextants(step.A) != 0 && image.Channels == 3:
                Add(Hue.Of(step.A));
                break;
            case Operation.Grayscale when image.Channels == 3:
                Add(Grayscale.Step);
                break;
            case Operation.Blur when step.A > 0 && step.B > 1:
                Load();
                Flush(mean: false);
                Blur.Apply<TLanes, TVector>(scratch, step.A, (int)step.B);
                break;
            default:
                break; // closed gates, flips (counted already), and steps whose values leave the image as it is
        }
    }

    private void Add(ColourStep step)
    {
        Load();
        scratch.Pending[pending++] = step;
    }

    private double Flush(bool mean)
    {
        var result = ColourPass.InPlace<TLanes, TVector>(scratch.Front, Pending, mean);
        pending = 0;
        return result;
    }

    /// <summary>Bytes to float without a crop. A flip is done here only if no later crop can do it for nothing.</summary>
    private void Load()
    {
        if (loaded)
        {
            return;
        }

        loaded = true;
        var planes = scratch.Front;
        planes.Resize(image.Channels, image.Height, image.Width);
        var flip = mirrored && !cropped;
        mirrored &= cropped;
        var pixels = planes.Pixels;
        var bytes = Bytes();
        if (flip)
        {
            Crop.Warp<TLanes, TVector, byte>(bytes, pixels, image.Width, 0, 0, image.Height, image.Width, true, planes, scratch);
            return;
        }

        for (var c = 0; c < planes.Channels; c++)
        {
            Convert.Plane<TLanes, TVector>(bytes[(c * pixels)..], planes.Plane(c), pixels);
        }
    }

    private void Warp(int top, int left, int boxHeight, int boxWidth, bool flipsAfter)
    {
        var flip = mirrored != flipsAfter;
        if (!loaded)
        {
            left = mirrored ? FlipHorizontal.Mirror(left, boxWidth, image.Width) : left;
            scratch.Front.Resize(shape.Channels, shape.Height, shape.Width);
            Crop.Warp<TLanes, TVector, byte>(Bytes(), image.Height * image.Width, image.Width, top, left, boxHeight, boxWidth, flip, scratch.Front, scratch);
        }
        else
        {
            Flush(mean: false);
            var source = scratch.Front;
            left = mirrored ? FlipHorizontal.Mirror(left, boxWidth, source.Width) : left;
            scratch.Back.Resize(shape.Channels, shape.Height, shape.Width);
            Crop.Warp<TLanes, TVector, float>(source.All, source.Stride, source.Width, top, left, boxHeight, boxWidth, flip, scratch.Back, scratch);
            scratch.Swap();
        }

        (loaded, mirrored) = (true, false);
    }

    /// <summary>The image's bytes with at least one vector after the last; copied only where the array ends too early.</summary>
    private readonly ReadOnlySpan<byte> Bytes()
    {
        var own = image.Span;
        if (image.Pixels.Length - image.Offset - own.Length >= TLanes.Count)
        {
            return image.Pixels.AsSpan(image.Offset);
        }

        var copy = Scratch.Need(ref scratch.Bytes, own.Length + TLanes.Count);
        own.CopyTo(copy);
        return copy;
    }
}
