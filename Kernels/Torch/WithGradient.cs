using System.Collections.Generic;
using TorchSharp;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A loss whose value and gradient come out of one pass: what is computed forward is scaled on the way back.</summary>
internal static class WithGradient
{
    /// <summary>The value, and the gradient of each input in order.</summary>
    internal delegate (Tensor Loss, Tensor[] Gradients) Body(Tensor[] inputs);

    /// <summary>The loss of these inputs, a scalar. The body sees them without gradient, and may keep none of them.</summary>
    internal static Tensor Of(Body body, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope(); // what is saved for the way back is a native reference by then
        return Function.apply([.. inputs, body]).MoveToOuterDisposeScope();
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "WithGradient";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var inputs = new Tensor[vars.Length - 1];
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = ((Tensor)vars[i]).detach();
            }

            var (loss, gradients) = ((Body)vars[^1])(inputs);
            var saved = new List<Tensor>();
            foreach (var gradient in gradients)
            {
                saved.Add(gradient.MoveToOuterDisposeScope());
            }

            ctx.save_for_backward(saved);
            return loss.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            var result = new List<Tensor>();
            var whole = grad_output.device_type == DeviceType.CPU && grad_output.ToDouble() == 1; // asking another device would wait for it
            foreach (var gradient in ctx.get_saved_variables())
            {
                result.Add(whole ? gradient : gradient.mul(grad_output));
            }

            result.Add(null!);
            return Once.Hand(ctx, grad_output, result);
        }
    }
}
