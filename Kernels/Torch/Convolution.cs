using System.Collections.Generic;
using TorchSharp;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// A convolution without bias of maps on the CPU. Small float32 maps with the channels last are convolved here, both ways (<c>Simd.DirectConvolution</c>). Of all others libtorch computes what comes
/// out and the gradient of the maps; the gradient of the weights of channels-last bfloat16 maps comes from <c>Simd.ConvolutionWeights</c> in float32, where the processor multiplies bfloat16.
/// <see cref="Reference.Convolution"/> has the formulas.
/// </summary>
public static class Convolution
{
    /// <summary>n x outputs x rows x columns maps.</summary>
    /// <param name="x">n x inputs x height x width maps, in the type in which to compute.</param>
    /// <param name="weight">outputs x inputs x kernel x kernel values, float32.</param>
    /// <param name="stride">From a place to the next.</param>
    /// <param name="padding">Zeros beyond each edge.</param>
    public static Tensor Of(Tensor x, Tensor weight, int stride, int padding)
    {
        using var scope = NewDisposeScope();
        var kernel = weight.shape; // each look at a shape takes most of a microsecond
        if (kernel[2] == 1 && stride > 1 && padding == 0 && x.device_type == DeviceType.CPU)
        {
            (x, stride) = (Every.Other(x, stride), 1); // of one pixel in a square: without the others it is a product
        }

        var size = x.shape;
        var it = Shape(size, kernel, stride, padding);
        if (FloatConvolution.Fits(x, weight, it))
        {
            return FloatConvolution.Of(x, weight, it).MoveToOuterDisposeScope();
        }

        if (!Fits(x, size, kernel))
        {
            return Apply(x, weight.to_type(x.dtype), size[3], kernel[3], stride, padding).MoveToOuterDisposeScope();
        }

        var y = Apply(x, Rounded(weight, kernel), size[3], kernel[3], stride, padding);
        return weight.requires_grad && is_grad_enabled()
            ? Function.apply(y, x.detach(), weight, new How(stride, padding)).MoveToOuterDisposeScope()
            : y.MoveToOuterDisposeScope();
    }

    /// <summary>The type to compute in: libtorch's products by tiles (AMX) give wrong numbers, or none, where a stride above 1 leaves one column, so there float32 for bfloat16.</summary>
    /// <param name="type">The type that is wanted.</param>
    /// <param name="width">Of the maps with their padding.</param>
    /// <param name="kernel">Its width.</param>
    /// <param name="stride">From a place to the next.</param>
    public static ScalarType Sound(ScalarType type, long width, long kernel, long stride) =>
        type == ScalarType.BFloat16 && stride > 1 && width - kernel < stride ? ScalarType.Float32 : type;

    /// <summary>Whether all of a convolution of such maps is computed here, what comes out and both gradients.</summary>
    /// <param name="x">n x inputs x height x width maps.</param>
    /// <param name="weight">outputs x inputs x kernel x kernel values.</param>
    /// <param name="stride">From a place to the next.</param>
    /// <param name="padding">Zeros beyond each edge.</param>
    public static bool Direct(Tensor x, Tensor weight, int stride, int padding) =>
        FloatConvolution.Fits(x, weight, Shape(x.shape, weight.shape, stride, padding));

    // Of kernels that are not square, none that anything here fits.
    private static Simd.ConvolutionShape Shape(long[] size, long[] kernel, int stride, int padding) => new(
        (int)size[0], (int)size[2], (int)size[3], (int)kernel[1], (int)kernel[0], kernel[2] == kernel[3] ? (int)kernel[2] : 0, stride, padding);

    private static Tensor Apply(Tensor x, Tensor weight, long width, long kernel, int stride, int padding)
    {
        var type = Sound(x.dtype, width + (2 * padding), kernel, stride);
        if (type == x.dtype)
        {
            return nn.functional.conv2d(x, weight, strides: [stride, stride], padding: [padding, padding]);
        }

        return nn.functional.conv2d(x.to_type(type), weight.to_type(type), strides: [stride, stride], padding: [padding, padding]).to_type(x.dtype);
    }

    // The weights in bfloat16, in the order of memory in which libtorch's convolutions of such maps want them, both ways.
    private static unsafe Tensor Rounded(Tensor weight, long[] kernel)
    {
        var (outputs, inputs, side) = ((int)kernel[0], (int)kernel[1], kernel[2]);
        using var plain = weight.detach().contiguous();
        var rows = empty([outputs, side, side, inputs], ScalarType.BFloat16);
        var (from, to, size) = ((nint)Maps.At(plain), (nint)Maps.At(rows), inputs * (int)(side * side));
        Interop.Team.For(outputs, get_num_threads(), o =>
            Simd.ConvolutionPacks.Weights((float*)from + ((long)o * size), inputs, (int)(side * side), (ushort*)to + ((long)o * size)));
        return Maps.Of(rows);
    }

    /// <summary>Whether the gradient of the weights is computed here.</summary>
    public static bool Fits(Tensor x, Tensor weight) => Fits(x, x.shape, weight.shape);

    private static bool Fits(Tensor x, long[] size, long[] kernel) =>
        x.device_type == DeviceType.CPU && x.dtype == ScalarType.BFloat16 && x.numel() > 0 && kernel[2] == kernel[3]
        && Simd.ConvolutionWeights.Fits((int)kernel[1], (int)kernel[0], (int)kernel[2]) && Maps.LastChannels(size, x.stride());

    private sealed record How(int Stride, int Padding);

    // What came out as it is; on the way back the gradient of the weights, which libtorch is not asked for.
    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "ConvolutionWeights";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var guard = no_grad();
            ctx.save_for_backward([((Tensor)vars[1]).alias(), (Tensor)vars[2]]);
            ctx.save_data("how", vars[3]);
            return ((Tensor)vars[0]).detach();
        }

        public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (x, weight, how) = (Maps.Rows(saved[0]), saved[1], (How)ctx.get_data("how"));
            var slopes = Maps.Rows(grad_output);
            slopes = slopes.dtype == x.dtype ? slopes : slopes.to_type(x.dtype);
            var (size, kernel) = (x.shape, weight.shape);
            var gradient = empty(kernel, ScalarType.Float32);
            var shape = new Simd.ConvolutionShape(
                (int)size[0], (int)size[1], (int)size[2], (int)size[3], (int)kernel[0], (int)kernel[2], how.Stride, how.Padding);
            Simd.ConvolutionWeights.Gradient(
                shape, (ushort*)Maps.At(x), (ushort*)Maps.At(slopes), get_num_threads(), (float*)Maps.At(gradient));
            return Once.Hand(ctx, grad_output, [grad_output.alias().MoveToOuterDisposeScope(), null!, gradient.MoveToOuterDisposeScope(), null!]);
        }
    }
}
