using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Predictions held to targets on any device, with hand-written gradients; see <see cref="Reference.Consistency"/> for the formulas.</summary>
public static class Consistency
{
    /// <summary>The masked divergence of predictions from sharpened targets, a scalar: UDA; with temperature 1 and confidence 0, VAT's.</summary>
    /// <param name="prediction">Logits, N x C, float32 or float64.</param>
    /// <param name="target">Logits, N x C; no gradient goes into them.</param>
    /// <param name="temperature">Sharpens the target, positive.</param>
    /// <param name="confidence">From 0 to 1: rows whose target is not surer than this count as 0.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, the temperature is not positive, or the confidence is outside [0, 1].</exception>
    public static Tensor Loss(Tensor prediction, Tensor target, double temperature, double confidence)
    {
        Embeddings.Check(prediction, target, temperature);
        PseudoLabel.Probability(confidence, nameof(confidence));
        var constant = target.detach();
        return WithGradient.Of(
            inputs =>
            {
                if (Values.InVectors(inputs[0]))
                {
                    return CrossEntropy.OfSure(inputs[0], constant, temperature, confidence);
                }

                var n = inputs[0].shape[0];
                var sure = constant.softmax(1).amax([1L], true).gt(confidence).to_type(inputs[0].dtype);
                var sharp = constant.div(temperature).log_softmax(1);
                var q = sharp.exp();
                var logs = inputs[0].log_softmax(1);
                var divergence = q.mul(sharp.sub_(logs)); // logarithms are finite, so that 0 log 0 is 0
                var loss = divergence.mul_(sure).sum().div_(n);
                return (loss, [logs.exp_().sub_(q).mul_(sure).div_(n)]);
            },
            prediction);
    }

    /// <summary>The divergence turned round, of predictions from targets, a scalar: VAT's loss in the code of FixMatch and S4L.</summary>
    /// <param name="prediction">Logits, N x C, float32 or float64.</param>
    /// <param name="target">Logits, N x C; no gradient goes into them.</param>
    /// <exception cref="ArgumentException">Shapes or types differ.</exception>
    public static Tensor Turned(Tensor prediction, Tensor target)
    {
        Embeddings.Check(prediction, target, 1);
        var constant = target.detach();
        return WithGradient.Of(
            inputs =>
            {
                var n = inputs[0].shape[0];
                var logs = inputs[0].log_softmax(1);
                var difference = logs.sub(constant.log_softmax(1));
                var p = logs.exp_();
                var divergences = p.mul(difference).sum(1, true);
                return (divergences.mean(), [difference.sub_(divergences).mul_(p).div_(n)]);
            },
            prediction);
    }

    /// <summary>Distillation at a temperature for teacher and student alike, a scalar.</summary>
    /// <param name="student">Logits, N x C, float32 or float64.</param>
    /// <param name="teacher">Logits, N x C; no gradient goes into them.</param>
    /// <param name="temperature">Positive.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or the temperature is not positive.</exception>
    public static Tensor Distil(Tensor student, Tensor teacher, double temperature)
    {
        Embeddings.Check(student, teacher, temperature);
        var constant = teacher.detach();
        return WithGradient.Of(
            inputs =>
            {
                var n = inputs[0].shape[0];
                if (Values.InVectors(inputs[0]))
                {
                    return CrossEntropy.OfLogits(inputs[0], temperature, constant, null, temperature, false, null, 1.0 / n);
                }

                var logs = inputs[0].div(temperature).log_softmax(1);
                var p = constant.div(temperature).softmax(1);
                var loss = p.mul(logs).sum().neg_().div_(n);
                return (loss, [logs.exp_().sub_(p).div_(n * temperature)]);
            },
            student);
    }

    /// <summary>The mean entropy of predictions, a scalar from 0 to log C.</summary>
    /// <param name="logits">N x C, float32 or float64.</param>
    /// <exception cref="ArgumentException">The shape or type does not fit.</exception>
    public static Tensor Entropy(Tensor logits)
    {
        Embeddings.Check(logits, logits, 1);
        return WithGradient.Of(
            inputs =>
            {
                var n = inputs[0].shape[0];
                var logs = inputs[0].log_softmax(1);
                var p = logs.exp();
                var entropies = p.mul(logs).sum(1, true).neg_();
                return (entropies.mean(), [logs.add_(entropies).mul_(p).div_(-n)]);
            },
            logits);
    }
}
