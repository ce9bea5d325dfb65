using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Sketched isotropic Gaussian regularization on any device, with a hand-written gradient; see <see cref="Reference.SigReg"/> for the formula.</summary>
public static class SigReg
{
    /// <summary>The distance of embeddings to standard normal samples along these directions, a scalar. N x L values at a time, for each knot of positive t: the others mirror them.</summary>
    /// <param name="z">Embeddings, N x d, float32 or float64.</param>
    /// <param name="directions">d x L, unit columns; no gradient goes into them.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the batch is empty.</exception>
    public static Tensor Loss(Tensor z, Tensor directions)
    {
        Embeddings.Check(z, z, 1);
        if (directions.dim() != 2 || directions.shape[0] != z.shape[1] || directions.numel() == 0 || directions.dtype != z.dtype)
        {
            throw new ArgumentException($"directions are {directions.dtype} of [{string.Join(", ", directions.shape)}]; needed are columns of {z.shape[1]} values of {z.dtype}");
        }

        var lines = directions.detach();
        return WithGradient.Of(
            inputs =>
            {
                var projection = inputs[0].mm(lines);
                var (n, slices) = (projection.shape[0], projection.shape[1]);
                var loss = zeros(1, z.dtype, z.device);
                var slope = zeros_like(projection);
                for (var k = (Reference.SigReg.Knots / 2) + 1; k < Reference.SigReg.Knots; k++)
                {
                    using var scope = NewDisposeScope();
                    var t = Reference.SigReg.Knot(k);
                    var weight = 2 * Reference.SigReg.Weight(k) * n / slices; // at t and -t; nothing is lost at 0
                    var angle = projection.mul(t);
                    var (cosines, sines) = (angle.cos(), angle.sin_());
                    var real = cosines.mean([0L], true).sub_(Math.Exp(-t * t / 2));
                    var imaginary = sines.mean([0L], true);
                    loss.add_(real.square().add_(imaginary.square()).sum().mul_(weight));
                    slope.add_(cosines.mul_(imaginary).sub_(sines.mul_(real)).mul_(2 * weight * t / n));
                }

                return (loss.squeeze(0), [slope.mm(lines.t())]);
            },
            z);
    }
}
