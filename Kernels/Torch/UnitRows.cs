using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Rows divided by their lengths, u = z / max(|z|, 1e-12), with a hand-written gradient: finite for rows of zeros, 1e-30 and 1e30.</summary>
public static class UnitRows
{
    /// <summary>The unit rows of z, N x d, float32 or float64.</summary>
    public static Tensor Of(Tensor z)
    {
        using var scope = NewDisposeScope(); // what is saved for the way back is a native reference by then
        return Function.apply(z).MoveToOuterDisposeScope();
    }

    /// <summary>The unit rows where asked for, else z itself.</summary>
    internal static Tensor Of(Tensor z, bool normalize) => normalize ? Of(z) : z;

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "UnitRows";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var z = ((Tensor)vars[0]).detach();
            Tensor u, lengths;
            if (Values.InVectors(z) && z.dim() == 2 && z.numel() > 0)
            {
                var rows = z.contiguous();
                (u, lengths) = (empty_like(rows), empty(z.shape[0], 1, z.dtype, z.device));
                Simd.UnitLengths.Forward(
                    Values.Of(rows), (int)z.shape[1], (float)Reference.NtXent.Floor, get_num_threads(), Values.Of(u), Values.Of(lengths), Simd.SymmetricSoftmax.Bits);
            }
            else
            {
                lengths = Embeddings.Lengths(z);
                u = z.div(lengths);
            }

            ctx.save_for_backward([u.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope()]);
            return u;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            if (Values.InVectors(saved[0]) && saved[0].dim() == 2 && saved[0].numel() > 0)
            {
                var (slopes, gradient) = (grad_output.contiguous(), empty_like(saved[0]));
                Simd.UnitLengths.Backward(
                    Values.Of(saved[0]), Values.Of(slopes), Values.Of(saved[1]), (int)saved[0].shape[1], (float)Reference.NtXent.Floor, get_num_threads(),
                    Values.Of(gradient), Simd.SymmetricSoftmax.Bits);
                return [gradient.MoveToOuterDisposeScope()];
            }

            return [Embeddings.ThroughLength(saved[0], grad_output, saved[1]).MoveToOuterDisposeScope()];
        }
    }
}
