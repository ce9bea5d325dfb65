using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// What is told of hidden patches and of noise on seen ones, on any device, with a hand-written gradient; <see cref="Reference.Restoration"/> has the formula.
/// </summary>
public static class Restoration
{
    /// <summary>
    /// The mean squared difference to the values of hidden patches, and to the noise of seen ones; 0 where there are none. Gradient reaches what is told.
    /// </summary>
    /// <param name="told">n x p x v, float32 or float64.</param>
    /// <param name="values">n x p x v.</param>
    /// <param name="noise">n x p x v.</param>
    /// <param name="hidden">n x p, bool: the patches that were not seen.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    public static (Tensor Values, Tensor Noise) Loss(Tensor told, Tensor values, Tensor noise, Tensor hidden)
    {
        if (told.dim() != 3 || told.numel() == 0 || !Same(told, values) || !Same(told, noise) || hidden.dtype != ScalarType.Bool || hidden.dim() != 2
            || hidden.shape[0] != told.shape[0] || hidden.shape[1] != told.shape[1])
        {
            throw new ArgumentException(
                $"told, values, noise and hidden are [{Shape(told)}], [{Shape(values)}], [{Shape(noise)}] and {hidden.dtype} of [{Shape(hidden)}]; needed are n x p x v three times and n x p of bool");
        }

        using var scope = NewDisposeScope();
        var first = Part(told, values, hidden);
        var second = Part(told, noise, hidden.bitwise_not());
        return (first.MoveToOuterDisposeScope(), second.MoveToOuterDisposeScope());
    }

    private static Tensor Part(Tensor told, Tensor truth, Tensor chosen)
    {
        var target = truth.detach();
        return WithGradient.Of(
            inputs =>
            {
                var share = chosen.to_type(inputs[0].dtype).unsqueeze(2);
                var count = share.sum().mul(inputs[0].shape[2]).clamp_min(1);
                var difference = inputs[0].sub(target).mul_(share);
                return (difference.square().sum().div(count), [difference.mul(2).div(count)]);
            },
            told);
    }

    private static bool Same(Tensor a, Tensor b) => a.dtype == b.dtype && a.shape.AsSpan().SequenceEqual(b.shape);

    private static string Shape(Tensor t) => string.Join(", ", t.shape);
}
