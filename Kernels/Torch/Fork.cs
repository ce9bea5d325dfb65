using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Maps that go two ways, whole and one pixel of each square of them, as into a block that halves and into the shortcut beside it. On the way back the few slopes are added where they
/// belong among the many, in place of maps of zeros and a sum of maps. The many are changed in place: the whole maps go to an operation that makes slopes of its own, as a convolution does.
/// </summary>
public static class Fork
{
    /// <summary>The maps, and n x c x (h / stride) x (w / stride) of them, rounded up.</summary>
    /// <param name="x">n x c x h x w maps.</param>
    /// <param name="stride">From a place to the next.</param>
    public static (Tensor All, Tensor Some) Of(Tensor x, int stride)
    {
        if (!is_grad_enabled() || !x.requires_grad || !Maps.LastChannels(x))
        {
            return (x.alias(), Every.Other(x, stride));
        }

        var both = Function.apply(x, stride);
        return (both[0], both[1]);
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        public override string Name => "Fork";

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var (x, stride) = (((Tensor)vars[0]).detach(), (int)vars[1]);
            ctx.save_data("stride", stride);
            return [x.MoveToOuterDisposeScope(), Every.Few(x, stride).MoveToOuterDisposeScope()];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var (all, some) = (Maps.Rows(grad_outputs[0]), Maps.Rows(grad_outputs[1]));
            Every.Some(all, 1, (int)ctx.get_data("stride")).add_(some, Numbers.One);
            grad_outputs[1].Dispose();
            return Once.Hand(ctx, grad_outputs[0], [Maps.Of(all).MoveToOuterDisposeScope(), null!]);
        }
    }
}
