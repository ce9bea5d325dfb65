using System;

namespace Vantage.Kernels.Reference;

/// <summary>Cross-entropy with labels, all of them or those that training signal annealing keeps (UDA, Xie et al. 2020; image/main.py of the official code).</summary>
public static class Classification
{
    /// <summary>The mean over rows kept of - log softmax(logits)[label]. Kept are rows whose probability of their label is at most the threshold; with none left, 0.</summary>
    /// <param name="logits">N x C.</param>
    /// <param name="labels">N, from 0 below C.</param>
    /// <param name="threshold">From 0 to 1; 1 keeps all.</param>
    /// <returns>The loss, and its gradient with respect to the logits.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or a label is none of the classes.</exception>
    public static (double Loss, double[] Logits) Loss(double[] logits, long[] labels, double threshold)
    {
        var n = labels.Length;
        var classes = Batch.Width(logits, logits, n, 1);
        var logs = Softmax.Logs(logits, n, 1);
        var gradient = new double[logits.Length];
        var (loss, kept) = (0.0, 0);
        for (var i = 0; i < n; i++)
        {
            if (labels[i] < 0 || labels[i] >= classes)
            {
                throw new ArgumentException($"label {labels[i]} of row {i} is none of {classes} classes");
            }

            if (Math.Exp(logs[(i * classes) + labels[i]]) <= threshold)
            {
                kept++;
                loss -= logs[(i * classes) + labels[i]];
                for (var c = 0; c < classes; c++)
                {
                    gradient[(i * classes) + c] = Math.Exp(logs[(i * classes) + c]) - (c == labels[i] ? 1 : 0);
                }
            }
        }

        return (loss / Math.Max(kept, 1), Array.ConvertAll(gradient, g => g / Math.Max(kept, 1)));
    }
}
