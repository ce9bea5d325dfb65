using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Regression of unit vectors on any device, with a hand-written gradient; see <see cref="Reference.CosineRegression"/> for the formula.</summary>
public static class CosineRegression
{
    /// <summary>BYOL's loss in one direction, a scalar in [0, 4]: the mean of 2 - 2 cos. No gradient goes into the target.</summary>
    /// <param name="p">Predictions, N x d, float32 or float64.</param>
    /// <param name="z">Targets, N x d.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the batch is empty.</exception>
    public static Tensor Loss(Tensor p, Tensor z)
    {
        Embeddings.Check(p, z, 1);
        var target = z.detach();
        return WithGradient.Of(
            inputs =>
            {
                if (Values.InVectors(inputs[0]))
                {
                    return InVectors(inputs[0], target.contiguous());
                }

                var lengths = Embeddings.Lengths(inputs[0]);
                var u = inputs[0].div(lengths);
                var v = target.div(Embeddings.Lengths(target));
                var n = inputs[0].shape[0];
                var loss = u.mul(v).sum().mul_(-2.0 / n).add_(2);
                return (loss, [Embeddings.ThroughLength(u, v.mul(-2.0 / n), lengths)]);
            },
            p);
    }

    private static (Tensor Loss, Tensor[] Gradients) InVectors(Tensor p, Tensor z)
    {
        var (x, n, d, threads, bits) = (p.contiguous(), p.shape[0], (int)p.shape[1], get_num_threads(), Simd.SymmetricSoftmax.Bits);
        var (u, v, gradient, lengths, others) = (empty_like(x), empty_like(z), empty_like(x), empty(n, 1), empty(n, 1));
        Simd.UnitLengths.Forward(Values.Of(x), d, (float)Reference.NtXent.Floor, threads, Values.Of(u), Values.Of(lengths), bits);
        Simd.UnitLengths.Forward(Values.Of(z), d, (float)Reference.NtXent.Floor, threads, Values.Of(v), Values.Of(others), bits);
        v.mul_(-2.0 / n);
        var loss = u.flatten().dot(v.flatten()).add_(2);
        Simd.UnitLengths.Backward(
            Values.Of(u), Values.Of(v), Values.Of(lengths), d, (float)Reference.NtXent.Floor, threads, Values.Of(gradient), bits);
        return (loss, [gradient]);
    }

    /// <summary>SimSiam's loss of both directions, a scalar in [-1, 1]: -1/2 (cos (p1, z2) + cos (p2, z1)), means over the batch, targets stopped.</summary>
    /// <param name="p1">Predictions from the first views, N x d.</param>
    /// <param name="z1">Projections of the first views.</param>
    /// <param name="p2">Predictions from the second views.</param>
    /// <param name="z2">Projections of the second views.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the batch is empty.</exception>
    public static Tensor SimSiam(Tensor p1, Tensor z1, Tensor p2, Tensor z2)
    {
        using var scope = NewDisposeScope();
        return Loss(p1, z2).add(Loss(p2, z1)).div(4).sub(1).MoveToOuterDisposeScope();
    }
}
