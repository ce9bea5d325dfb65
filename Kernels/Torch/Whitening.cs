using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Whitening by Cholesky in groups of rows, on any device, with a hand-written gradient; see <see cref="Reference.Whitening"/> for the formula.</summary>
public static class Whitening
{
    /// <summary>
    /// Rows whitened in groups: row order[k] belongs to group k / size, and each group is whitened alone. W-MSE (Ermolov et al. 2021) gives all views one order and whitens
    /// each view by itself.
    /// </summary>
    /// <param name="z">N x d, float32 or float64.</param>
    /// <param name="order">Int64, N: a permutation.</param>
    /// <param name="size">Rows of a group; a divisor of N, more than d where epsilon is 0 (2 d in the paper).</param>
    /// <param name="epsilon">Share of the identity, from 0 to 1.</param>
    /// <returns>N x d, rows in the order of z; not a number in a group whose covariance has no Cholesky factor.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, the size does not divide N or is too small, or epsilon is outside [0, 1].</exception>
    public static Tensor Of(Tensor z, Tensor order, long size, double epsilon)
    {
        Embeddings.Rows(z, "embeddings", z, "embeddings");
        Embeddings.Indices(order, z.shape[0], "order");
        if (!(epsilon >= 0 && epsilon <= 1))
        {
            throw new ArgumentException($"a share of {epsilon} for the identity is outside [0, 1]");
        }

        if (size < 2 || z.shape[0] % size != 0)
        {
            throw new ArgumentException($"groups of {size} do not divide {z.shape[0]} rows: use a divisor of the batch, at least 2");
        }

        if (epsilon == 0 && size <= z.shape[1])
        {
            throw new ArgumentException($"{size} rows of {z.shape[1]} values have a singular covariance: use groups of more rows than values (twice as many in the paper), or a share of the identity");
        }

        using var scope = NewDisposeScope();
        return Function.apply(z, order, size, epsilon).MoveToOuterDisposeScope();
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "Whitening";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (z, order, size, epsilon) = (((Tensor)vars[0]).detach(), (Tensor)vars[1], (long)vars[2], (double)vars[3]);
            var d = z.shape[1];
            var groups = Embeddings.At(z, order).view(-1, size, d);
            var centred = groups.sub(groups.mean([1L], true));
            var unit = eye(d, dtype: z.dtype, device: z.device);
            var covariance = centred.transpose(1, 2).matmul(centred).mul_((1 - epsilon) / (size - 1)).add_(unit.mul(epsilon));
            var (l, info) = linalg.cholesky_ex(covariance);
            l.masked_fill_(info.ne(0).view(-1, 1, 1), double.NaN); // no factor: the loss is no number and the run stops, without asking the device here
            var w = Triangular.Inverse(l);
            var white = centred.matmul(w.transpose(1, 2)).view(-1, d);
            var share = full(1, (1 - epsilon) / (size - 1), z.dtype, z.device);
            ctx.save_for_backward([centred.MoveToOuterDisposeScope(), l.MoveToOuterDisposeScope(), w.MoveToOuterDisposeScope(), order, share.MoveToOuterDisposeScope()]);
            return Embeddings.At(white, order.argsort()).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (centred, l, w, order, share) = (saved[0], saved[1], saved[2], saved[3], saved[4]);
            var dy = Embeddings.At(grad_output, order).view(centred.shape);
            var dw = dy.transpose(1, 2).matmul(centred);
            var wt = w.transpose(1, 2);
            var inner = l.transpose(1, 2).matmul(wt.matmul(dw).matmul(wt)).neg_();
            var lower = inner.tril(-1).add_(inner.diagonal(0, 1, 2).mul(0.5).diag_embed());
            var ds = wt.matmul(lower).matmul(w);
            var dc = dy.matmul(w).add_(centred.matmul(ds.add(ds.transpose(1, 2))).mul_(share));
            var back = dc.sub_(dc.mean([1L], true)).view(-1, centred.shape[2]);
            return [Embeddings.At(back, order.argsort()).MoveToOuterDisposeScope(), null!, null!, null!];
        }
    }
}
