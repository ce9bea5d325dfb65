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

            var logs = views[v].div(temperature).log_softmax(1);
            loss.sub_(met.mul(logs).sum());
            gradients[v] = logs.exp_().mul_(met.sum(1, true)).sub_(met).mul_(1 / (temperature * rows * pairs));
        }

        return (loss.div_(rows * pairs).squeeze(0), gradients);
    }
}
