using System;
using System.Linq;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Views of a batch of images of one size, on any device. Every image has its own steps and values; the values go to the device once, as one table, and the host
/// waits for nothing. What the operations mean is said by <see cref="Operation"/> and <see cref="Reference"/>.
/// </summary>
public static class TorchViews
{
    /// <summary>
    /// Applies to image i the steps <c>steps[i * slots .. (i + 1) * slots]</c> in order, then the standardization. Within a slot, images of the same operation are
    /// computed together; after each slot all images must have one size.
    /// </summary>
    /// <param name="images">n x C x H x W: uint8 (0 to 255 standing for [0, 1]) or float32 in [0, 1], on any device. Values are not checked, as that would make the host wait. Not changed.</param>
    /// <param name="steps">n x slots steps.</param>
    /// <param name="slots">Steps of one image, closed gates included.</param>
    /// <param name="shape">The view.</param>
    /// <param name="type">Float32 or BFloat16, of the result; the arithmetic is float32.</param>
    /// <returns>
    /// n x C' x h x w, or n x T x C' x h x w where the view has T > 1 tiles, on the images' device, without gradient. <see cref="Layout.Nhwc"/> gives the same sizes
    /// with channels last in memory.
    /// </returns>
    /// <exception cref="ArgumentException">Shapes, types or steps do not fit each other, a value is outside its range, or a step gives images of different sizes.</exception>
    public static Tensor Render(Tensor images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, ScalarType type)
    {
        Check(images, steps, slots, shape, type);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var n = (int)images.shape[0];
        if (n == 0)
        {
            return Finish(empty([0, .. Sizes(shape)], ScalarType.Float32, images.device), shape, type).MoveToOuterDisposeScope();
        }

        var plans = new SlotPlan[slots];
        var values = new float[7 * n * slots];
        for (var s = 0; s < slots; s++)
        {
            plans[s] = SlotPlan.Of(steps, n, slots, s);
            plans[s].Write(values, slots);
        }

        var x = images.dtype == ScalarType.Byte ? images.to_type(ScalarType.Float32).div_(255) : images.clone();
        var table = Upload.Of(values, images.device).reshape(n, slots, 7);
        foreach (var plan in plans.Where(plan => plan.Groups.Length > 0))
        {
            x = Next(x, plan, table, shape);
        }

        return Finish(Tiles(x, steps, n, shape), shape, type).MoveToOuterDisposeScope();
    }

    /// <summary>One slot, whose intermediate results end with it.</summary>
    private static Tensor Next(Tensor x, SlotPlan plan, Tensor table, ViewShape shape)
    {
        using var scope = NewDisposeScope();
        var result = Slots.Apply(x, plan, table.select(1, plan.Slot), shape);
        if (ReferenceEquals(result, x))
        {
            return x;
        }

        x.Dispose();
        return result.MoveToOuterDisposeScope();
    }

    private static Tensor Tiles(Tensor x, ReadOnlySpan<Step> steps, int n, ViewShape shape)
    {
        var corners = new long[2 * n * shape.Tiles];
        var tiles = 0;
        foreach (var step in steps)
        {
            if (step.Operation == Operation.Tile)
            {
                (corners[tiles], corners[(n * shape.Tiles) + tiles]) = ((long)step.A, (long)step.B);
                tiles++;
            }
        }

        if (tiles == 0)
        {
            return x;
        }

        // The tiles of an image come in order, so that the corners lie image after image.
        var places = Upload.Of(corners, x.device).reshape(2, n, shape.Tiles);
        var result = Tile.Apply(x, places.select(0, 0), places.select(0, 1), shape);
        return shape.Tiles == 1 ? result.squeeze(1) : result;
    }

    private static long[] Sizes(ViewShape shape) =>
        shape.Tiles == 1 ? [shape.Channels, shape.Height, shape.Width] : [shape.Tiles, shape.Channels, shape.Height, shape.Width];

    private static Tensor Finish(Tensor x, ViewShape shape, ScalarType type)
    {
        var result = Standardize.Apply(x, shape).to_type(type);
        return shape.Layout == Layout.Nchw ? result.contiguous() : result.movedim([-3], [-1]).contiguous().movedim([-1], [-3]);
    }

    private static void Check(Tensor images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, ScalarType type)
    {
        GuardBatch.Shape(shape);
        if (images.dim() != 4 || (images.dtype != ScalarType.Byte && images.dtype != ScalarType.Float32))
        {
            throw new ArgumentException($"images are {images.dtype} of [{string.Join(", ", images.shape)}]; views are made of n x C x H x W, uint8 or float32");
        }

        if (type != ScalarType.Float32 && type != ScalarType.BFloat16)
        {
            throw new ArgumentException($"views of {type} cannot be made: {ScalarType.Float32} and {ScalarType.BFloat16} can");
        }

        var sizes = images.shape;
        if (slots < 0 || sizes[0] * slots != steps.Length)
        {
            throw new ArgumentException($"{sizes[0]} images of {slots} steps each need {sizes[0] * slots} steps, there are {steps.Length}");
        }

        if (sizes.AsSpan(1).Contains(0))
        {
            throw new ArgumentException($"images of [{string.Join(", ", sizes)}] have no pixels: every dimension but the first must be at least 1");
        }

        for (var i = 0; i < (int)sizes[0]; i++)
        {
            GuardBatch.Steps((int)sizes[1], (int)sizes[2], (int)sizes[3], steps.Slice(i * slots, slots), shape, i);
        }
    }
}
