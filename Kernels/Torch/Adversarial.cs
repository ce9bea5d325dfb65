using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// What discriminators and those whom they judge make of scores, on any device, with hand-written gradients; <see cref="Reference.Adversarial"/> has the formulas.
/// </summary>
public static class Adversarial
{
    /// <summary>The discriminators' hinge loss, a scalar.</summary>
    /// <param name="real">Scores of pairs of an image and its code, n x k, float32 or float64: one column for each kind.</param>
    /// <param name="made">Scores of pairs of an image that was made and the code it was made from, n x k.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or there are no scores.</exception>
    public static Tensor Loss(Tensor real, Tensor made)
    {
        Check(real, made);
        return WithGradient.Of(
            inputs =>
            {
                var (a, b) = (inputs[0].neg().add_(1), inputs[1].add(1));
                var rows = inputs[0].shape[0];

                // What is not a number stays so.
                var loss = a.clamp_min(0).sum().add(b.clamp_min(0).sum()).div(rows);
                return (loss, [a.gt(0).to_type(a.dtype).mul_(-1.0 / rows), b.gt(0).to_type(b.dtype).mul_(1.0 / rows)]);
            },
            real,
            made);
    }

    /// <summary>The loss of encoder and generator, whose pairs are to be taken for one another: a scalar.</summary>
    /// <inheritdoc cref="Loss"/>
    public static Tensor Judged(Tensor real, Tensor made)
    {
        Check(real, made);
        return WithGradient.Of(
            inputs =>
            {
                var rows = inputs[0].shape[0];
                return (inputs[0].sub(inputs[1]).sum().div(rows), [full_like(inputs[0], 1.0 / rows), full_like(inputs[1], -1.0 / rows)]);
            },
            real,
            made);
    }

    private static void Check(Tensor real, Tensor made)
    {
        if (real.dim() != 2 || real.numel() == 0 || real.dtype != made.dtype || !real.shape.AsSpan().SequenceEqual(made.shape))
        {
            throw new ArgumentException(
                $"scores are {real.dtype} of [{string.Join(", ", real.shape)}] and {made.dtype} of [{string.Join(", ", made.shape)}]; needed are n x k twice");
        }
    }
}
