using System;

namespace Vantage.Kernels.Simd;

/// <summary>
/// One image on its way to a view. Crops and flips become one warp from the stored values to float; per-pixel steps wait until something
/// needs their result (a mean, a neighbour, the end), then all run in one pass; the last pass standardizes and writes the view.
/// </summary>
internal ref struct Chain<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private readonly Image image;
    private readonly ViewShape shape;
    private readonly Scratch scratch;
    private bool mirrored; // the image as a whole still awaits a flip
    private bool beforeCrop; // which the next crop will do
    private bool loaded; // the front planes hold the image; before, only its stored values do
    private int channels; // of the image as it is now
    private int pending;
    private PassTrace? trace; // where passes are written down, while somebody asks

    private Chain(Image image, ReadOnlySpan<Step> steps, ViewShape shape)
    {
        (this.image, this.shape, scratch, channels) = (image, shape, Scratch.Mine, image.Channels);
        scratch.NeedPending(steps.Length);
        (mirrored, beforeCrop) = FlipHorizontal.Ahead(steps);
    }

    private readonly ReadOnlySpan<ColourStep> Pending => scratch.Pending.AsSpan(0, pending);

    /// <summary>Makes one view. The arguments fit each other (Guard.Batch).</summary>
    internal static void Run<TOut>(Image image, ReadOnlySpan<Step> steps, ViewShape shape, Span<TOut> view, PassTrace? trace = null)
        where TOut : unmanaged
    {
        var chain = new Chain<TLanes, TVector>(image, steps, shape) { trace = trace };
        var tiled = false;
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Operation is Operation.Tile)
            {
                chain.Tile(steps[i], view.Slice((int)steps[i].E * shape.TileLength, shape.TileLength));
                tiled = true;
            }
            else if (steps[i].Operation is not (Operation.None or Operation.FlipHorizontal))
            {
                chain.Do(steps[i], steps[(i + 1)..]);
            }
        }

        if (!tiled)
        {
            chain.Load();
            trace?.End("standardize and write");
            Output<TLanes, TVector>.Write(chain.scratch.Front, chain.Pending, shape, chain.scratch, view);
        }
    }

    private void Do(Step step, ReadOnlySpan<Step> after)
    {
        var waiting = pending;
        if (step.Operation is Operation.Crop)
        {
            Warp(step, after);
        }
        else if (Colour(step))
        {
            if (pending > 0 && (pending > waiting || step.Operation is Operation.Contrast))
            {
                trace?.Wait(step.Operation);
            }
        }
        else
        {
            Load();
            Flush(mean: false);
            trace?.Whole(step.Operation.ToString());
            channels = WholeStep.Apply<TLanes, TVector>(step, scratch, channels);
            if (FlipHorizontal.HasSides(step.Operation))
            {
                Ahead(after);
            }
        }
    }

    /// <summary>Steps of one pixel wait; those that leave the image as it is do nothing. A step with sides never ends here: flips are counted up to it.</summary>
    private bool Colour(Step step)
    {
        switch (step.Operation)
        {
            case Operation.Brightness:
                return step.A == 1 || Add(Brightness.Of(step.A));
            case Operation.Add:
                return step.A == 0 || Add(Simd.Add.Of(step.A));
            case Operation.Invert:
                return Add(Invert.Step);
            case Operation.Solarize:
                return step.A > 1 || Add(Solarize.Of(step.A));
            case Operation.Posterize:
                return Add(Posterize.Of((int)step.A));
            case Operation.Contrast when step.A != 1:
                Load();
                return Add(Contrast.Of(step.A, Flush(mean: true)));
            case Operation.Saturation when step.A != 1 && channels == 3:
                return Add(Saturation.Of(step.A));
            case Operation.Hue when Hue.Sextants(step.A) != 0 && channels == 3:
                return Add(Hue.Of(step.A));
            case Operation.Grayscale when channels == 3:
                return Add(Grayscale.Step);
            case Operation.Contrast or Operation.Saturation or Operation.Hue or Operation.Grayscale:
                return true;
            case Operation.Lab:
                return Add(Lab.Step);
            case Operation.Blur:
                return step.A == 0 || step.B == 1;
            case Operation.BoxBlur:
                return step.A == 0;
            case Operation.Sharpness or Operation.ContrastByChannel:
                return step.A == 1;
            default:
                return false;
        }
    }

    private bool Add(ColourStep step)
    {
        Load();
        scratch.Pending[pending++] = step;
        return true;
    }

    private double Flush(bool mean)
    {
        if (mean || pending > 0)
        {
            trace?.End(mean ? "mean of grey" : null);
        }

        var result = ColourPass.InPlace<TLanes, TVector>(scratch.Front, Pending, mean);
        pending = 0;
        return result;
    }

    /// <summary>Looks at the flips up to the next step with sides, and does them now unless a crop will.</summary>
    private void Ahead(ReadOnlySpan<Step> after)
    {
        (mirrored, beforeCrop) = FlipHorizontal.Ahead(after);
        if (mirrored && !beforeCrop)
        {
            FlipHorizontal.Apply(scratch.Front);
            mirrored = false;
        }
    }

    /// <summary>Stored values to float without a crop. A flip is done here only if no later crop can do it for nothing.</summary>
    private void Load()
    {
        if (loaded)
        {
            return;
        }

        loaded = true;
        trace?.Whole(mirrored && !beforeCrop ? "stored values, FlipHorizontal" : "stored values");
        var planes = scratch.Front;
        planes.Resize(image.Channels, image.Height, image.Width);
        if (image.Values is { } values)
        {
            for (var c = 0; c < planes.Channels; c++)
            {
                values.AsSpan(image.Offset + (c * planes.Pixels), planes.Pixels).CopyTo(planes.Plane(c));
            }
        }
        else
        {
            var bytes = Stored(image.Pixels, ref scratch.Bytes);
            for (var c = 0; c < planes.Channels; c++)
            {
                Convert.Plane<TLanes, TVector>(bytes[(c * planes.Pixels)..], planes.Plane(c), planes.Pixels);
            }
        }

        if (mirrored && !beforeCrop)
        {
            FlipHorizontal.Apply(planes);
            mirrored = false;
        }
    }

    private void Warp(Step step, ReadOnlySpan<Step> after)
    {
        var (odd, crop) = FlipHorizontal.Ahead(after);
        // A crop that follows does the flips between the two; anything else gets them from this one.
        var flip = mirrored != (odd && !crop);
        var (top, left, boxHeight, boxWidth) = ((int)step.A, (int)step.B, (int)step.C, (int)step.D);
        var (height, width) = (step.E > 0 ? (int)step.E : shape.Height, step.F > 0 ? (int)step.F : shape.Width);
        var filter = (Filter)(int)step.G;
        if (loaded)
        {
            Flush(mean: false);
        }

        var sourceWidth = loaded ? scratch.Front.Width : image.Width;
        left = mirrored ? FlipHorizontal.Mirror(left, boxWidth, sourceWidth) : left;
        trace?.Whole(flip ? "Crop and FlipHorizontal in one warp" : "Crop");
        scratch.Back.Resize(channels, height, width);
        if (loaded)
        {
            Crop.Warp<TLanes, TVector, float>(scratch.Front.All, scratch.Front.Stride, sourceWidth, top, left, boxHeight, boxWidth, filter, flip, scratch.Back, scratch);
        }
        else if (image.Values is { } values)
        {
            Crop.Warp<TLanes, TVector, float>(Stored(values, ref scratch.Floats), image.Height * image.Width, sourceWidth, top, left, boxHeight, boxWidth, filter, flip, scratch.Back, scratch);
        }
        else
        {
            Crop.Warp<TLanes, TVector, byte>(Stored(image.Pixels, ref scratch.Bytes), image.Height * image.Width, sourceWidth, top, left, boxHeight, boxWidth, filter, flip, scratch.Back, scratch);
        }

        scratch.Swap();
        (loaded, mirrored, beforeCrop) = (true, odd && crop, crop);
    }

    private void Tile<TOut>(Step step, Span<TOut> view)
        where TOut : unmanaged
    {
        Load();
        Flush(mean: false);
        var (source, tile) = (scratch.Front, scratch.Back);
        tile.Resize(channels, shape.Height, shape.Width);
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < tile.Height; y++)
            {
                source.Plane(c).Slice((((int)step.A + y) * source.Width) + (int)step.B, tile.Width).CopyTo(tile.Plane(c)[(y * tile.Width)..]);
            }
        }

        Output<TLanes, TVector>.Write(tile, [], shape, scratch, view);
    }

    /// <summary>The image's own values with at least one vector after the last; copied only where the array ends too early.</summary>
    private readonly ReadOnlySpan<T> Stored<T>(T[] array, ref T[] copy)
    {
        if (array.Length - image.Offset - image.Length >= TLanes.Count)
        {
            return array.AsSpan(image.Offset);
        }

        Scratch.Need(ref copy, image.Length + TLanes.Count);
        array.AsSpan(image.Offset, image.Length).CopyTo(copy);
        return copy;
    }
}
