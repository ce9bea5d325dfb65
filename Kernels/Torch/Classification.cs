using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Cross-entropy with labels on any device, with a hand-written gradient; see <see cref="Reference.Classification"/> for the formula.</summary>
public static class Classification
{
    /// <summary>The mean over rows whose label has a probability of at most the threshold, a scalar; 0 where there is none.</summary>
    /// <param name="logits">N x C, float32 or float64.</param>
    /// <param name="labels">Int64, N, from 0 below C.</param>
    /// <param name="threshold">From 0 to 1; 1 keeps all rows (training signal annealing raises it from 1 / C to 1).</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or the threshold is outside [0, 1].</exception>
    public static Tensor Loss(Tensor logits, Tensor labels, double threshold)
    {
        Embeddings.Check(logits, logits, 1);
        Embeddings.Indices(labels, logits.shape[0], "labels");
        PseudoLabel.Probability(threshold, nameof(threshold));
        if (threshold >= 1 && Values.InVectors(logits))
        {
            return WithGradient.Of(inputs => CrossEntropy.OfLabels(inputs[0], labels), logits);
        }

        if (threshold >= 1)
        {
            // libtorch's own kernel has this gradient, and no label means "ignore" here.
            return nn.functional.cross_entropy(logits, labels, ignore_index: long.MinValue);
        }

        return WithGradient.Of(
            inputs =>
            {
                var logs = inputs[0].log_softmax(1);
                var own = labels.unsqueeze(1);
                var chosen = logs.gather(1, own);
                var kept = chosen.exp().le(threshold).to_type(logs.dtype);
                var count = kept.sum().clamp_min(1);
                var loss = chosen.mul(kept).sum().neg_().div_(count);
                var gradient = logs.exp_().scatter_add(1, own, ones_like(chosen).neg_()).mul_(kept).div_(count);
                return (loss, [gradient]);
            },
            logits);
    }
}
