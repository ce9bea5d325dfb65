using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>One pixel of each square of maps, the first. On the way back maps whose memory has the channels last keep that order, which libtorch's own slices lose.</summary>
internal static class Every
{
    /// <summary>n x c x (h / stride) x (w / stride) maps, rounded up.</summary>
    public static Tensor Other(Tensor x, int stride) => !Maps.LastChannels(x)
        ? Some(x, 2, stride).contiguous()
        : is_grad_enabled() && x.requires_grad ? Function.apply(x, stride) : Few(x, stride);

    /// <summary>The same of maps whose memory has the channels last, which it keeps.</summary>
    public static Tensor Few(Tensor x, int stride) => Maps.Of(Some(Maps.Rows(x), 1, stride).contiguous());

    /// <summary>Of rows and columns, which are this dimension and the next.</summary>
    public static Tensor Some(Tensor x, int rows, int stride) => x.slice(rows, 0, x.shape[rows], stride).slice(rows + 1, 0, x.shape[rows + 1], stride);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "Every";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var (x, stride) = (((Tensor)vars[0]).detach(), (int)vars[1]);
            ctx.save_data("shape", Maps.Rows(x).shape);
            ctx.save_data("stride", stride);
            return Few(x, stride).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var slopes = Maps.Rows(grad_output);
            var all = zeros((long[])ctx.get_data("shape"), slopes.dtype, slopes.device);
            Some(all, 1, (int)ctx.get_data("stride")).copy_(slopes);
            return Once.Hand(ctx, grad_output, [Maps.Of(all).MoveToOuterDisposeScope(), null!]);
        }
    }
}
