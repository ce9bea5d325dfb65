using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Cross-entropy with the labels of confident targets on any device, with a hand-written gradient; see <see cref="Reference.PseudoLabel"/> for the formula.</summary>
public static class PseudoLabel
{
    /// <summary>
    /// The mean over all rows, a scalar; each row has its own mask, as both papers write. <see cref="ByShare"/> is the official pseudo-label code's.
    /// </summary>
    /// <param name="prediction">Logits, N x C, float32 or float64.</param>
    /// <param name="target">Logits, N x C; no gradient goes into them.</param>
    /// <param name="threshold">The least probability that counts, 0 or more; 0.95. Above 1 no row counts.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the threshold is negative or not finite.</exception>
    public static Tensor Loss(Tensor prediction, Tensor target, double threshold)
    {
        Embeddings.Check(prediction, target, 1);
        Embeddings.Weight(threshold, nameof(threshold));
        var constant = target.detach();
        return WithGradient.Of(
            inputs =>
            {
                if (Values.InVectors(inputs[0]))
                {
                    return CrossEntropy.OfLikely(inputs[0], constant, threshold);
                }

                var n = inputs[0].shape[0];
                var label = constant.argmax(1).unsqueeze_(1);
                var most = constant.softmax(1).amax([1L], true);
                var confident = most.ge(threshold).to_type(inputs[0].dtype).add_(most.mul(0)); // what is not a number stays none
                var logs = inputs[0].log_softmax(1);
                var loss = logs.gather(1, label).mul_(confident).sum().neg_().div_(n);
                var gradient = logs.exp_().scatter_add(1, label, ones_like(confident).neg_()).mul_(confident).div_(n);
                return (loss, [gradient]);
            },
            prediction);
    }

    /// <summary>The mean loss of all rows times the share of confident ones, a scalar: what the official pseudo-label code trains on.</summary>
    /// <inheritdoc cref="Loss"/>
    public static Tensor ByShare(Tensor prediction, Tensor target, double threshold)
    {
        Embeddings.Check(prediction, target, 1);
        Embeddings.Weight(threshold, nameof(threshold));
        var constant = target.detach();
        return WithGradient.Of(
            inputs =>
            {
                var n = inputs[0].shape[0];
                var label = constant.argmax(1).unsqueeze_(1);
                var most = constant.softmax(1).amax([1L], true);
                var share = most.ge(threshold).to_type(inputs[0].dtype).add_(most.mul(0)).mean(); // what is not a number stays none
                var logs = inputs[0].log_softmax(1);
                var loss = logs.gather(1, label).mean().neg_().mul_(share);
                return (loss, [logs.exp_().scatter_add(1, label, full_like(most, -1)).mul_(share).div_(n)]);
            },
            prediction);
    }

    internal static void Probability(double value, string name)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw new ArgumentException($"{name} is {value}: a probability lies in [0, 1]");
        }
    }
}
