using System.Collections.Generic;
using TorchSharp;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A convolution of float32 maps with the channels last by <c>Simd.DirectConvolution</c>, with both gradients.</summary>
internal static unsafe class FloatConvolution
{
    /// <summary>Whether it can be had for these maps and weights, and gains by it.</summary>
    /// <param name="x">Maps.</param>
    /// <param name="weight">outputs x inputs x kernel x kernel values.</param>
    /// <param name="it">Their sizes.</param>
    public static bool Fits(Tensor x, Tensor weight, Simd.ConvolutionShape it) =>
        x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32 && Simd.DirectConvolution.Fits(it)
        && Maps.LastChannels(x);

    /// <summary>n x outputs x rows x columns maps, with the channels last.</summary>
    /// <param name="x">Maps.</param>
    /// <param name="weight">outputs x inputs x kernel x kernel values.</param>
    /// <param name="it">Their sizes.</param>
    public static Tensor Of(Tensor x, Tensor weight, Simd.ConvolutionShape it) =>
        is_grad_enabled() && (x.requires_grad || weight.requires_grad)
            ? Function.apply(x, weight, new How(it, x.requires_grad, weight.requires_grad))
            : Forward(it, x, weight);

    private static Tensor Forward(Simd.ConvolutionShape shape, Tensor x, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var (maps, plain) = (Maps.Rows(x.detach()), weight.detach().contiguous());
        var y = empty([shape.Images, shape.Rows, shape.Columns, shape.Outputs], ScalarType.Float32);
        using var packed = empty_like(plain);
        Simd.DirectConvolution.Forward(shape, At(maps), At(plain), At(packed), get_num_threads(), At(y));
        return Maps.Of(y).MoveToOuterDisposeScope();
    }

    private static float* At(Tensor t) => (float*)Maps.At(t);

    private sealed record How(Simd.ConvolutionShape Shape, bool Maps, bool Weights);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "FloatConvolution";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var guard = no_grad();
            var (x, weight, how) = ((Tensor)vars[0], (Tensor)vars[1], (How)vars[2]);
            ctx.save_for_backward([x.alias(), weight]);
            ctx.save_data("how", how);
            return Forward(how.Shape, x, weight);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (x, weight, how) = (Maps.Rows(saved[0]), saved[1].contiguous(), (How)ctx.get_data("how"));
            var slopes = Maps.Rows(grad_output);
            Tensor? maps = null, weights = null;
            if (how.Maps)
            {
                maps = Maps.EmptyRows(x);
                using var room = empty_like(weight);
                Simd.DirectConvolution.Back(how.Shape, At(slopes), At(weight), At(room), get_num_threads(), At(maps));
            }

            if (how.Weights)
            {
                weights = empty_like(weight);
                using var room = empty(Simd.DirectWeights.Sums(how.Shape), ScalarType.Float32);
                Simd.DirectWeights.Gradient(how.Shape, At(x), At(slopes), At(room), get_num_threads(), At(weights));
            }

            return Once.Hand(ctx, grad_output, [
                maps is null ? null! : Maps.Of(maps).MoveToOuterDisposeScope(), weights?.MoveToOuterDisposeScope()!, null!]);
        }
    }
}
