using System;

namespace Vantage.Kernels.Reference;

/// <summary>Swapped prediction as its formula reads, in double precision (Caron et al. 2020, equations 1 and 2).</summary>
public static class SwapCodes
{
    /// <summary>
    /// The mean over assigning views q and other views v of the mean over images of - sum_k codes_q[k] log softmax (scores_v / t)[k]. Codes are constants.
    /// </summary>
    /// <param name="scores">Of all V views against the prototypes, B x K each.</param>
    /// <param name="codes">Of the first A views, B x K each; <see cref="Sinkhorn.Codes"/>.</param>
    /// <param name="images">B.</param>
    /// <param name="temperature">t, positive; 0.1.</param>
    /// <returns>The loss, and its gradient with respect to each view's scores.</returns>
    /// <exception cref="ArgumentException">Lengths differ, the temperature is not positive, or there is no pair of views.</exception>
    public static (double Loss, double[][] Scores) Loss(double[][] scores, double[][] codes, int images, double temperature)
    {
        Similarity.Temperature(temperature);
        if (scores.Length < 2 || codes.Length < 1 || codes.Length > scores.Length)
        {
            throw new ArgumentException($"{codes.Length} assigning of {scores.Length} views make no pair: at least 1 of 2 is needed");
        }

        var k = Batch.Width(scores[0], codes[0], images, 1);
        var pairs = codes.Length * (scores.Length - 1.0);
        var gradients = new double[scores.Length][];
        var loss = 0.0;
        for (var v = 0; v < scores.Length; v++)
        {
            Batch.Width(scores[0], scores[v], images, 1);
            gradients[v] = new double[scores[v].Length];
            var logs = Softmax.Logs(scores[v], images, temperature);
            for (var b = 0; b < images; b++)
            {
                for (var q = 0; q < codes.Length; q++)
                {
                    if (q == v)
                    {
                        continue;
                    }

                    var mass = 0.0;
                    for (var c = 0; c < k; c++)
                    {
                        mass += codes[q][(b * k) + c];
                    }

                    for (var c = 0; c < k; c++)
                    {
                        var at = (b * k) + c;
                        loss -= codes[q][at] * logs[at] / (images * pairs);
                        gradients[v][at] += ((mass * Math.Exp(logs[at])) - codes[q][at]) / (temperature * images * pairs);
                    }
                }
            }
        }

        return (loss, gradients);
    }
}
