using System;
using System.Collections.Generic;

namespace Vantage.Kernels.Torch;

/// <summary>What one slot does to a batch: images whose steps can be computed together. Decided on the host from the steps alone.</summary>
internal sealed class SlotPlan
{
    /// <summary>Images of one operation that go the same way through it.</summary>
    /// <param name="Images">Their numbers, ascending.</param>
    /// <param name="Steps">Their steps; those that take a neutral value in place of nothing included.</param>
    internal sealed record Group(int[] Images, Step[] Steps)
    {
        internal Operation Operation => Steps[0].Operation;
    }

    private SlotPlan(int slot, Group[] groups) => (Slot, Groups) = (slot, groups);

    /// <summary>The number of the slot.</summary>
    internal int Slot { get; }

    /// <summary>Every image is in one of them, unless nothing happens to it.</summary>
    internal Group[] Groups { get; }

    /// <summary>The plan of one slot of n images. Tiles are left out: they come last and together.</summary>
    internal static SlotPlan Of(ReadOnlySpan<Step> steps, int n, int slots, int slot)
    {
        var kinds = new Dictionary<(Operation, float, float, float), List<int>>();
        var idle = new List<int>();
        for (var i = 0; i < n; i++)
        {
            var step = steps[(i * slots) + slot];
            if (Nothing(step))
            {
                idle.Add(i);
                continue;
            }

            var kind = Kind(step);
            if (!kinds.TryGetValue(kind, out var images))
            {
                kinds[kind] = images = [];
            }

            images.Add(i);
        }

        var groups = new List<Group>();
        foreach (var images in kinds.Values)
        {
            groups.Add(new Group([.. images], new Step[images.Count]));
            for (var k = 0; k < images.Count; k++)
            {
                groups[^1].Steps[k] = steps[(images[k] * slots) + slot];
            }
        }

        return new SlotPlan(slot, groups is [var only] && idle.Count <= only.Images.Length ? [Fill(only, idle.Count)] : [.. groups]);
    }

    /// <summary>Writes the values of the plan's steps into the table, n x slots x 7.</summary>
    internal void Write(Span<float> table, int slots)
    {
        foreach (var group in Groups)
        {
            for (var k = 0; k < group.Images.Length; k++)
            {
                var (step, at) = (group.Steps[k], 7 * ((group.Images[k] * slots) + Slot));
                ReadOnlySpan<float> values = [step.A, step.B, step.C, step.D, step.E, step.F, step.G];
                values.CopyTo(table[at..]);
            }
        }
    }

    /// <summary>
    /// The group with all images, if the operation has a value that changes nothing, to the bit: computing it for a few more images in place costs less than
    /// copying those that need it out and back.
    /// </summary>
    private static Group Fill(Group group, int idle)
    {
        var neutral = group.Operation switch
        {
            Operation.Brightness or Operation.Contrast or Operation.ContrastByChannel or Operation.Saturation => 1f,
            Operation.Add => 0f,
            _ => float.NaN,
        };
        if (idle == 0 || float.IsNaN(neutral))
        {
            return group;
        }

        var images = new int[group.Images.Length + idle];
        var steps = new Step[images.Length];
        Array.Fill(steps, new Step(group.Operation, neutral, 0, 0, 0));
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = i;
        }

        for (var k = 0; k < group.Images.Length; k++)
        {
            steps[group.Images[k]] = group.Steps[k];
        }

        return new Group(images, steps);
    }

    /// <summary>Steps that leave an image as it is.</summary>
    private static bool Nothing(Step step) => step.Operation switch
    {
        Operation.None or Operation.Tile => true,
        Operation.Brightness or Operation.Contrast or Operation.ContrastByChannel or Operation.Saturation or Operation.Sharpness => step.A == 1,
        Operation.Add or Operation.Blur or Operation.BoxBlur or Operation.Noise => step.A == 0,
        Operation.Hue => step.A == MathF.Floor(step.A),
        Operation.Rotate90 => ((int)step.A & 3) == 0,
        _ => false,
    };

    /// <summary>The values that decide shapes or code, and so must be the same for images that are computed together.</summary>
    private static (Operation, float, float, float) Kind(Step step) => step.Operation switch
    {
        Operation.Crop => (step.Operation, step.E, step.F, step.G),
        Operation.Rotate90 => (step.Operation, (int)step.A & 3, 0, 0),
        Operation.Select => (step.Operation, step.A, step.B, 0),
        _ => (step.Operation, 0, 0, 0),
    };
}
