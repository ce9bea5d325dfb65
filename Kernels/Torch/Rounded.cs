using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>In what type the products of embeddings are taken. Sums are of float32 whichever it is.</summary>
public enum Products
{
    /// <summary>In the embeddings' own type.</summary>
    Full,

    /// <summary>
    /// Of embeddings rounded to bfloat16: 8 bits of each value. Where the processor multiplies such numbers (float32 tensors on a CPU with AVX512-BF16) the softmax weights of the
    /// gradient are rounded too; elsewhere rounded rows are multiplied in their own type.
    /// </summary>
    BFloat16,
}

/// <summary>Values rounded to bfloat16 and kept in their own type. The slope passes as if nothing had been rounded.</summary>
internal static class Rounded
{
    /// <summary>The rounded values where asked for, else z itself.</summary>
    internal static Tensor Of(Tensor z, Products products)
    {
        if (products == Products.Full)
        {
            return z;
        }

        using var scope = NewDisposeScope();
        return Function.apply(z).MoveToOuterDisposeScope();
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "Rounded";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var z = ((Tensor)vars[0]).detach();
            return z.to_type(ScalarType.BFloat16).to_type(z.dtype).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output];
    }
}
