using System;

namespace Vantage.Kernels.Reference;

/// <summary>Predictions held to those of another view or network: UDA (Xie et al. 2020; image/main.py of google-research/uda), VAT's divergence (Miyato et al. 2018), distillation (Chen et al. 2020, SimCLRv2, equation 2).</summary>
public static class Consistency
{
    /// <summary>
    /// The mean over all N rows of 1[max softmax(target_i) > confidence] KL(q_i, softmax(prediction_i)), q = softmax(target / t). Targets are constants. The confidence is that of the
    /// target before it is sharpened, and strictly more than asked for.
    /// </summary>
    /// <param name="prediction">Logits, N x C.</param>
    /// <param name="target">Logits, N x C.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="temperature">t, positive: 0.4 in UDA, 1 in VAT.</param>
    /// <param name="confidence">0.8 in UDA on CIFAR-10; 0 counts every row.</param>
    /// <returns>The loss, and its gradient with respect to the prediction.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Prediction) Loss(double[] prediction, double[] target, int n, double temperature, double confidence)
    {
        var classes = Batch.Width(prediction, target, n, 1);
        var logs = Softmax.Logs(prediction, n, 1);
        var plain = Softmax.Rows(target, n, 1);
        var sharp = Softmax.Logs(target, n, temperature);
        var gradient = new double[prediction.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var most = 0.0;
            for (var c = 0; c < classes; c++)
            {
                most = Math.Max(most, plain[(i * classes) + c]);
            }

            for (var c = 0; c < classes && most > confidence; c++)
            {
                var at = (i * classes) + c;
                var q = Math.Exp(sharp[at]);
                loss += q > 0 ? q * (sharp[at] - logs[at]) / n : 0;
                gradient[at] = (Math.Exp(logs[at]) - q) / n;
            }
        }

        return (loss, gradient);
    }

    /// <summary>
    /// The divergence turned round: the mean over rows of KL(softmax(prediction_i), softmax(target_i)), targets constant. So VAT in the code of FixMatch and S4L, prediction being the
    /// disturbed one; to second order in their difference it is the other.
    /// </summary>
    /// <param name="prediction">Logits, N x C.</param>
    /// <param name="target">Logits, N x C.</param>
    /// <param name="n">Rows N.</param>
    /// <returns>The loss, and its gradient with respect to the prediction.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Prediction) Turned(double[] prediction, double[] target, int n)
    {
        var classes = Batch.Width(prediction, target, n, 1);
        var logs = Softmax.Logs(prediction, n, 1);
        var others = Softmax.Logs(target, n, 1);
        var gradient = new double[prediction.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var divergence = 0.0;
            for (var at = i * classes; at < (i + 1) * classes; at++)
            {
                divergence += Math.Exp(logs[at]) * (logs[at] - others[at]);
            }

            loss += divergence / n;
            for (var at = i * classes; at < (i + 1) * classes; at++)
            {
                gradient[at] = Math.Exp(logs[at]) * (logs[at] - others[at] - divergence) / n;
            }
        }

        return (loss, gradient);
    }

    /// <summary>Distillation: the mean over rows of - sum softmax(teacher / t) log softmax(student / t). Teachers are constants; at most its gradient shrinks as 1 / t.</summary>
    /// <param name="student">Logits, N x C.</param>
    /// <param name="teacher">Logits, N x C.</param>
    /// <param name="n">Rows N.</param>
    /// <param name="temperature">t, positive: 1 for a smaller student, 0.1 for one of the teacher's size.</param>
    /// <returns>The loss, and its gradient with respect to the student.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Student) Distil(double[] student, double[] teacher, int n, double temperature)
    {
        Batch.Width(student, teacher, n, 1);
        var logs = Softmax.Logs(student, n, temperature);
        var p = Softmax.Rows(teacher, n, temperature);
        var gradient = new double[student.Length];
        var loss = 0.0;
        for (var i = 0; i < student.Length; i++)
        {
            loss -= p[i] * logs[i] / n;
            gradient[i] = (Math.Exp(logs[i]) - p[i]) / (n * temperature);
        }

        return (loss, gradient);
    }

    /// <summary>The mean over rows of the entropy of softmax(logits), in nats (Grandvalet and Bengio 2004).</summary>
    /// <returns>The entropy, and its gradient with respect to the logits.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Logits) Entropy(double[] logits, int n)
    {
        var classes = Batch.Width(logits, logits, n, 1);
        var logs = Softmax.Logs(logits, n, 1);
        var gradient = new double[logits.Length];
        var loss = 0.0;
        for (var i = 0; i < n; i++)
        {
            var entropy = 0.0;
            for (var c = 0; c < classes; c++)
            {
                entropy -= Math.Exp(logs[(i * classes) + c]) * logs[(i * classes) + c];
            }

            loss += entropy / n;
            for (var c = 0; c < classes; c++)
            {
                var at = (i * classes) + c;
                gradient[at] = -Math.Exp(logs[at]) * (logs[at] + entropy) / n;
            }
        }

        return (loss, gradient);
    }
}
