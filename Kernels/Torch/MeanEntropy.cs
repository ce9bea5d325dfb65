using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Mean-entropy maximization on any device, with a hand-written gradient; see <see cref="Reference.MeanEntropy"/> for the formula.</summary>
public static class MeanEntropy
{
    /// <summary>log K less the entropy of the mean prediction, a scalar from 0 to log K. Logarithms are taken of sums of exponentials, so that nothing underflows.</summary>
    /// <param name="scores">Of anchors against the prototypes, N x K, float32 or float64.</param>
    /// <param name="temperature">Divides the scores; 0.1.</param>
    /// <exception cref="ArgumentException">The shape or type does not fit, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor scores, double temperature)
    {
        Embeddings.Check(scores, scores, temperature);
        return WithGradient.Of(
            inputs =>
            {
                var (n, k) = (inputs[0].shape[0], inputs[0].shape[1]);
                if (Values.InVectors(inputs[0]))
                {
                    var rows = inputs[0].contiguous();
                    var slopes = empty_like(rows);
                    var value = Simd.MeanEntropyRows.Loss(
                        Values.Of(rows), (int)k, 1 / temperature, get_num_threads(), Values.Of(slopes), Simd.SymmetricSoftmax.Bits);
                    return (tensor((float)value), [slopes]);
                }

                var p = inputs[0].div(temperature).softmax(1);
                var mean = p.mean([0L], true);
                var log = mean.clamp_min(inputs[0].dtype == ScalarType.Float32 ? 1e-38 : 1e-300).log_(); // 0 log 0 is 0
                var loss = mean.mul_(log).sum().add_(Math.Log(k));
                var inner = p.mm(log.t());
                return (loss, [log.sub(inner).mul_(p).div_(n * temperature)]);
            },
            scores);
    }
}
