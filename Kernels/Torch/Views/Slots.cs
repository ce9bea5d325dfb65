using System;
using System.Linq;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Carries out the plan of one slot.</summary>
internal static class Slots
{
    /// <summary>The batch after the slot: x itself where every group could be done in place. x is overwritten.</summary>
    /// <param name="x">n x C x H x W float32.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="table">n x 7, the slot's values.</param>
    /// <param name="shape">The view.</param>
    /// <exception cref="ArgumentException">The slot gives images of different sizes.</exception>
    internal static Tensor Apply(Tensor x, SlotPlan plan, Tensor table, ViewShape shape)
    {
        var n = x.shape[0];
        if (plan.Groups is [var all] && all.Images.Length == n)
        {
            return Do(x, new StepTable(all.Steps, table), shape);
        }

        // Untouched images first, then each group's results; the order says where each image lies among them.
        var order = new long[n];
        var idle = n - plan.Groups.Sum(group => group.Images.Length);
        var parts = new Tensor[plan.Groups.Length + (idle > 0 ? 1 : 0)];
        var (filled, place) = (0, 0L);
        if (idle > 0)
        {
            parts[filled++] = x;
            place = n;
            for (var i = 0; i < n; i++)
            {
                order[i] = i;
            }
        }

        foreach (var group in plan.Groups)
        {
            var images = Upload.Of(group.Images, x.device);
            parts[filled] = Do(Choose.Images(x, images), new StepTable(group.Steps, Choose.Images(table, images)), shape);
            Same(plan, group.Operation, parts[0].shape, parts[filled++].shape);
            foreach (var i in group.Images)
            {
                order[i] = place++;
            }
        }

        return Choose.Images(cat(parts, 0), Upload.Of(order, x.device));
    }

    private static void Same(SlotPlan plan, Operation operation, long[] size, long[] found)
    {
        if (!size.AsSpan(1).SequenceEqual(found.AsSpan(1)))
        {
            throw new ArgumentException(
                $"step {plan.Slot} ({operation}) makes images of {string.Join(" x ", found[1..])} beside others of {string.Join(" x ", size[1..])}: " +
                "a batch of tensors has one size after each step; use ViewEngine.Best, or give every image the same size there");
        }
    }

    private static Tensor Do(Tensor x, StepTable p, ViewShape shape)
    {
        var step = p.Steps[0];
        return step.Operation switch
        {
            Operation.Crop => Crop.Apply(x, p, step.E > 0 ? (long)step.E : shape.Height, step.F > 0 ? (long)step.F : shape.Width),
            Operation.FlipHorizontal => FlipHorizontal.Apply(x),
            Operation.FlipVertical => FlipVertical.Apply(x),
            Operation.Rotate90 => Rotate90.Apply(x, (int)step.A),
            Operation.Affine => Affine.Apply(x, p),
            Operation.Brightness => Brightness.Apply(x, p),
            Operation.Add => Add.Apply(x, p),
            Operation.Contrast => Contrast.Apply(x, p),
            Operation.ContrastByChannel => ContrastByChannel.Apply(x, p),
            Operation.Saturation => Saturation.Apply(x, p),
            Operation.Hue => Hue.Apply(x, p),
            Operation.Grayscale => Grayscale.Apply(x),
            Operation.Solarize => Solarize.Apply(x, p),
            Operation.Posterize => Posterize.Apply(x, p),
            Operation.Invert => Invert.Apply(x),
            Operation.AutoContrast => AutoContrast.Apply(x),
            Operation.Equalize => Equalize.Apply(x),
            Operation.Blur => Blur.Apply(x, p),
            Operation.BoxBlur => BoxBlur.Apply(x, p),
            Operation.Sharpness => Sharpness.Apply(x, p),
            Operation.Sobel => Sobel.Apply(x, p),
            Operation.Noise => Noise.Apply(x, p),
            Operation.Erase => Erase.Apply(x, p),
            Operation.Mask => Mask.Apply(x, p),
            Operation.Channels => Channels.Apply(x, p),
            Operation.Lab => Lab.Apply(x),
            Operation.Select => Select.Apply(x, (int)step.A, (int)step.B),
            _ => throw new ArgumentException($"operation {(int)step.Operation} is not known"),
        };
    }
}
