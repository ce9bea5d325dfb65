using System;

namespace Vantage.Kernels.Reference;

/// <summary>Cross-entropy with the most likely class of confident targets: pseudo-labels (Lee 2013) where prediction and target are one, FixMatch (Sohn et al. 2020, equation 4) where they are two views.</summary>
public static class PseudoLabel
{
    /// <summary>
    /// The mean over all N rows of 1[max softmax(target_i) >= threshold] (- log softmax(prediction_i)[argmax target_i]); a row that is not confident counts as 0. The threshold itself
    /// is confident enough, as in FixMatch; the lowest of several largest classes is taken. Targets are constants.
    /// </summary>
    /// <param name="prediction">Logits, N x C.</param>
    /// <param name="target">Logits, N x C.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="threshold">0.95 in both; above 1 no row counts.</param>
    /// <returns>The loss, and its gradient with respect to the prediction.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Prediction) Loss(double[] prediction, double[] target, int n, double threshold)
    {
        var classes = Batch.Width(prediction, target, n, 1);
        var logs = Softmax.Logs(prediction, n, 1);
        var p = Softmax.Rows(target, n, 1);
        var gradient = new double[prediction.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var label = 0;
            for (var c = 1; c < classes; c++)
            {
                label = p[(i * classes) + c] > p[(i * classes) + label] ? c : label;
            }

            if (p[(i * classes) + label] >= threshold)
            {
                loss -= logs[(i * classes) + label] / n;
                for (var c = 0; c < classes; c++)
                {
                    gradient[(i * classes) + c] = (Math.Exp(logs[(i * classes) + c]) - (c == label ? 1 : 0)) / n;
                }
            }
        }

        return (loss, gradient);
    }

    /// <summary>
    /// The form of the official pseudo-label code (pseudo_label.py of google-research/fixmatch), whose column of masks meets a row of losses: the mean cross-entropy of all rows with the
    /// most likely class of their target, confident or not, times the share of rows that are confident.
    /// </summary>
    /// <inheritdoc cref="Loss"/>
    public static (double Loss, double[] Prediction) ByShare(double[] prediction, double[] target, int n, double threshold)
    {
        var classes = Batch.Width(prediction, target, n, 1);
        var p = Softmax.Rows(target, n, 1);
        var confident = 0.0;
        for (var i = 0; i < n; i++)
        {
            var most = 0.0;
            for (var c = 0; c < classes; c++)
            {
                most = Math.Max(most, p[(i * classes) + c]);
            }

            confident += most >= threshold ? 1 : 0;
        }

        var (loss, gradient) = Loss(prediction, target, n, 0);
        var share = confident / n;
        return (loss * share, Array.ConvertAll(gradient, g => g * share));
    }
}
