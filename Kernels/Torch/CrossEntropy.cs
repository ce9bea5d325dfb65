using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>What predicts distributions over prototypes: cross-entropy of each view with the targets of all others.</summary>
internal static class CrossEntropy
{
    /// <summary>The mean over targets q and views v other than q of the mean over rows of - sum target_q log softmax (view_v / t), and its gradients.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) Pairs(Tensor[] views, Tensor[] targets, double temperature)
    {
        var pairs = targets.Length * (views.Length - 1.0);
        var rows = views[0].shape[0];
        var loss = zeros(1, views[0].dtype, views[0].device);
        var gradients = new Tensor[views.Length];
        for (var v = 0; v < views.Length; v++)
        {
            // The targets that this view meets, added up: cross-entropy is linear in its target.
            var met = zeros_like(views[v]);
            for (var q = 0; q < targets.Length; q++)
            {
                if (q != v)
                {
                    met.add_(targets[q]);
                }
            }

            if (Values.InVectors(views[v]))
            {
                var (part, slopes) = Of(views[v], temperature, met, 1 / (rows * pairs));
                loss.add_(part);
                gradients[v] = slopes[0];
                continue;
            }

            var logs = views[v].div(temperature).log_softmax(1);
            loss.sub_(met.mul(logs).sum().div_(rows * pairs));
            gradients[v] = logs.exp_().mul_(met.sum(1, true)).sub_(met).mul_(1 / (temperature * rows * pairs));
        }

        return (loss.squeeze(0), gradients);
    }

    /// <summary>In vectors: share times the sum over rows of the cross-entropy of softmax(x / t) with given weights of the columns, and its gradient.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) Of(Tensor x, double temperature, Tensor distribution, double share)
    {
        var q = distribution.contiguous();
        return InVectors(x, temperature, Simd.RowTarget.Distribution(Values.Of(q)), null, share);
    }

    /// <summary>In vectors: the same with the softmax of other logits, less a centre, over a temperature of theirs; less their entropy where a divergence is asked for.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) OfLogits(
        Tensor x, double temperature, Tensor target, Tensor? centre, double targetTemperature, bool divergence, Tensor? weights, double share)
    {
        var (t, c) = (target.contiguous(), centre?.contiguous());
        return InVectors(
            x, temperature, Simd.RowTarget.Softmax(Values.Of(t), c is null ? [] : Values.Of(c), 1 / targetTemperature, divergence), weights, share);
    }

    /// <summary>In vectors: the mean over rows of the divergence from softmax(target / t) where the target is surer than the confidence.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) OfSure(Tensor x, Tensor target, double temperature, double confidence)
    {
        var t = target.contiguous();
        return InVectors(x, 1, Simd.RowTarget.Sure(Values.Of(t), 1 / temperature, confidence), null, 1.0 / x.shape[0]);
    }

    /// <summary>In vectors: the mean over rows of the cross-entropy with labels.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) OfLabels(Tensor x, Tensor labels)
    {
        var y = labels.contiguous();
        return InVectors(x, 1, Simd.RowTarget.Label(Values.LongsOf(y)), null, 1.0 / x.shape[0]);
    }

    /// <summary>In vectors: the mean over rows of the cross-entropy with the target's most likely column, where that is likely enough.</summary>
    internal static (Tensor Loss, Tensor[] Gradients) OfLikely(Tensor x, Tensor target, double threshold)
    {
        var t = target.contiguous();
        return InVectors(x, 1, Simd.RowTarget.Likely(Values.Of(t), threshold), null, 1.0 / x.shape[0]);
    }

    private static (Tensor Loss, Tensor[] Gradients) InVectors(Tensor x, double temperature, Simd.RowTarget target, Tensor? weights, double share)
    {
        var (values, w) = (x.contiguous(), weights?.contiguous());
        var gradient = empty_like(values);
        var sum = Simd.CrossEntropyRows.Loss(
            Values.Of(values), (int)x.shape[1], 1 / temperature, target, w is null ? [] : Values.Of(w), share, get_num_threads(), Values.Of(gradient),
            Simd.SymmetricSoftmax.Bits);
        return (tensor((float)(sum * share)), [gradient]);
    }
}
