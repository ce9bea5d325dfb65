using System;

namespace Vantage.Kernels.Reference;

/// <summary>Mean-entropy maximization (MSN, Assran et al. 2022, section 3; losses.py of the official code): all prototypes are used alike on average.</summary>
public static class MeanEntropy
{
    /// <summary>log K - H(m), m the mean over rows of softmax(scores / t): 0 where m is even, log K where one prototype takes all.</summary>
    /// <param name="scores">Of anchors against the prototypes, N x K.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="temperature">t, positive; 0.1.</param>
    /// <returns>The term, and its gradient with respect to the scores.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Scores) Loss(double[] scores, int n, double temperature)
    {
        var k = Batch.Width(scores, scores, n, 1);
        var p = Softmax.Rows(scores, n, temperature);
        var mean = Batch.Means(p, n);
        var loss = Math.Log(k);
        for (var c = 0; c < k; c++)
        {
            loss += mean[c] > 0 ? mean[c] * Math.Log(mean[c]) : 0;
        }

        // With g_k = log m_k + 1: d/ds = p (g - p.g) / (N t), and the 1 falls out.
        var gradient = new double[scores.Length];
        for (var i = 0; i < n; i++)
        {
            var inner = 0.0;
            for (var c = 0; c < k; c++)
            {
                inner += mean[c] > 0 ? p[(i * k) + c] * Math.Log(mean[c]) : 0;
            }

            for (var c = 0; c < k; c++)
            {
                var slope = mean[c] > 0 ? Math.Log(mean[c]) - inner : 0;
                gradient[(i * k) + c] = p[(i * k) + c] * slope / (n * temperature);
            }
        }

        return (loss, gradient);
    }
}
