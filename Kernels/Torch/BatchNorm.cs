using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Batch norm of maps by the batch's own statistics, an addition and max(0, .) after it in one pass, with a hand-written gradient; <see cref="Reference.BatchNorm"/> has
/// the formula. Maps are float32 or bfloat16, statistics, scales and offsets float32. Channels-last maps on a CPU with 512-bit vectors go through
/// <c>Simd.BatchNormRows</c>, all others through libtorch's operations one after the other.
/// </summary>
public static class BatchNorm
{
    private const double Momentum = 0.1, Epsilon = 1e-5;

    /// <summary>max(0, norm(x) + beside); the running statistics follow by a tenth where asked for.</summary>
    /// <param name="x">n x c x h x w maps.</param>
    /// <param name="beside">As many values, or none.</param>
    /// <param name="scale">c values, learnt.</param>
    /// <param name="offset">c values, learnt.</param>
    /// <param name="mean">The running means, which are overwritten.</param>
    /// <param name="variance">The running variances, divided by one less than the number of values, which are overwritten.</param>
    /// <param name="following">Whether the running statistics follow.</param>
    /// <param name="positive">Whether what is below 0 becomes 0.</param>
    public static Tensor Of(Tensor x, Tensor? beside, Tensor scale, Tensor offset, Tensor mean, Tensor variance, bool following, bool positive)
    {
        using var scope = NewDisposeScope();
        var size = x.shape;
        if (Fits(x, size) && size[0] * size[2] * size[3] > 1)
        {
            var how = new How(following ? mean : null, following ? variance : null, positive);
            return Function.apply(x, scale, offset, beside is null ? how : beside, how).MoveToOuterDisposeScope();
        }

        var y = nn.functional.batch_norm(x, mean, variance, scale, offset, true, following ? Momentum : 0, Epsilon);
        y = beside is null ? y : y.add_(beside, Numbers.One);
        return (positive ? y.relu_() : y).MoveToOuterDisposeScope();
    }

    /// <summary>Whether maps go through the vectors.</summary>
    public static bool Fits(Tensor x) => Fits(x, x.shape);

    private static bool Fits(Tensor x, long[] size) =>
        Vector512.IsHardwareAccelerated && x.device_type == DeviceType.CPU && size.Length == 4 && size[1] % 16 == 0 && x.numel() > 0
        && (x.dtype == ScalarType.Float32 || x.dtype == ScalarType.BFloat16) && Maps.LastChannels(size, x.stride());

    private static Simd.BatchNormRows Kernel(Tensor rows) =>
        rows.dtype == ScalarType.Float32 ? new Simd.BatchNormRows<Simd.SixteenSingles>() : new Simd.BatchNormRows<Simd.SixteenHalves>();

    private static void Follow(Span<float> running, double[] now, double factor)
    {
        for (var c = 0; c < now.Length; c++)
        {
            running[c] += (float)(Momentum * ((factor * now[c]) - running[c]));
        }
    }

    // What no gradient flows to.
    private sealed record How(Tensor? Mean, Tensor? Variance, bool Positive);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "BatchNorm";

        public override unsafe Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var (x, how) = (Maps.Rows(((Tensor)vars[0]).detach()), (How)vars[4]);
            var scale = Values.Of((Tensor)vars[1]);
            var offset = Values.Of((Tensor)vars[2]);
            var beside = vars[3] is Tensor added ? Maps.Rows(added.detach()) : null;
            var channels = (int)x.shape[3];
            var count = x.numel() / channels;
            var (mean, variance, factor, term) = (new double[channels], new double[channels], new float[channels], new float[channels]);
            var statistics = empty(4, channels, ScalarType.Float32, x.device); // means, 1 / deviations, factors and terms, for the way back
            var (output, kernel) = (Maps.EmptyRows(x), Kernel(x));
            var kept = Values.Of(statistics);
            kernel.Statistics(Maps.At(x), count, channels, get_num_threads(), mean, variance);
            for (var c = 0; c < channels; c++)
            {
                kept[c] = (float)mean[c];
                kept[channels + c] = (float)(1 / Math.Sqrt(variance[c] + Epsilon));
                factor[c] = scale[c] * kept[channels + c];
                term[c] = (float)(offset[c] - (factor[c] * mean[c]));
            }

            factor.CopyTo(kept[(2 * channels)..]);
            term.CopyTo(kept[(3 * channels)..]);

            kernel.Transform(Maps.At(x), Maps.At(beside), factor, term, how.Positive, count, channels, get_num_threads(), Maps.At(output));
            if (how.Mean is { } means && how.Variance is { } variances)
            {
                Follow(Values.Of(means), mean, 1);
                Follow(Values.Of(variances), variance, count / (count - 1.0));
            }

            var signs = beside is null ? statistics : output; // without a sum, x tells which slopes pass
            ctx.save_for_backward([x.MoveToOuterDisposeScope(), signs.MoveToOuterDisposeScope(), statistics.MoveToOuterDisposeScope(), (Tensor)vars[1]]);
            ctx.save_data("positive", how.Positive);
            ctx.save_data("beside", beside is not null);
            return Maps.Of(output).detach().MoveToOuterDisposeScope();
        }

        public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (x, slopes) = (saved[0], Maps.Rows(grad_output));
            var scale = Values.Of(saved[3]);
            slopes = slopes.dtype == x.dtype ? slopes : slopes.to_type(x.dtype);
            var (positive, beside) = ((bool)ctx.get_data("positive"), (bool)ctx.get_data("beside"));
            var channels = (int)x.shape[3];
            var count = x.numel() / channels;
            var kept = Values.Of(saved[2]);
            var (mean, line, term) = (kept[..channels].ToArray(), new float[channels], new float[channels]);
            var (sum, product, factor) = (new double[channels], new double[channels], new float[channels]);
            var passed = beside ? (positive ? Maps.EmptyRows(x) : slopes) : null;
            var (dx, dscale, doffset) = (Maps.EmptyRows(x), empty_like(saved[3]), empty_like(saved[3]));
            var kernel = Kernel(x);
            var gate = !positive ? Simd.Gate.Open
                : beside ? new Simd.Gate(Maps.At(saved[1]))
                : new Simd.Gate(kept.Slice(2 * channels, channels).ToArray(), kept.Slice(3 * channels, channels).ToArray());
            kernel.Sums(Maps.At(x), gate, Maps.At(slopes), mean, count, channels, get_num_threads(), positive ? Maps.At(passed) : null, sum, product);
            for (var c = 0; c < channels; c++)
            {
                double inverse = kept[channels + c];
                factor[c] = (float)(scale[c] * inverse);
                line[c] = (float)(-scale[c] * inverse * inverse * inverse * product[c] / count);
                term[c] = (float)(-scale[c] * inverse * sum[c] / count);
                Values.Of(dscale)[c] = (float)(product[c] * inverse);
                Values.Of(doffset)[c] = (float)sum[c];
            }

            gate = beside ? Simd.Gate.Open : gate; // what passed lies there already
            kernel.Slopes(Maps.At(x), gate, Maps.At(passed ?? slopes), mean, factor, line, term, count, channels, get_num_threads(), Maps.At(dx));
            var through = passed is null ? null : Maps.Of(passed).MoveToOuterDisposeScope();
            var slope = Maps.Of(dx).MoveToOuterDisposeScope();
            return Once.Hand(ctx, grad_output, [slope, dscale.MoveToOuterDisposeScope(), doffset.MoveToOuterDisposeScope(), through!, null!]);
        }
    }
}
