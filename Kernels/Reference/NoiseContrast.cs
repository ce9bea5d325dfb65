using System;

namespace Vantage.Kernels.Reference;

/// <summary>Noise-contrastive estimation over scores as its formula reads: the meaning of <see cref="Torch.NoiseContrast"/>.</summary>
public static class NoiseContrast
{
    /// <summary>
    /// With P = exp(s / t) / Z and c = m / n: L = -1/B sum_i [ log P_i0 / (P_i0 + c) + sum_(j = 1..m) log c / (P_ij + c) ]
    /// (Wu et al. 2018, equations 5 to 7; lemniscate.pytorch without its 1e-7).
    /// </summary>
    /// <param name="scores">B x (1 + m), the positive first.</param>
    /// <param name="rows">B.</param>
    /// <param name="normaliser">Z.</param>
    /// <param name="temperature">t, positive.</param>
    /// <param name="bankRows">n.</param>
    /// <returns>The loss and its gradient with respect to the scores.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Scores) Loss(double[] scores, int rows, double normaliser, double temperature, int bankRows)
    {
        Similarity.Temperature(temperature);
        if (rows < 1 || scores.Length % rows != 0 || scores.Length / rows < 2)
        {
            throw new ArgumentException($"{scores.Length} scores are not {rows} rows of a positive and at least one noise");
        }

        var width = scores.Length / rows;
        var c = (width - 1.0) / bankRows;
        var loss = 0.0;
        var gradient = new double[scores.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            var p = Math.Exp(scores[i] / temperature) / normaliser;
            var positive = i % width == 0;
            loss -= Math.Log((positive ? p : c) / (p + c)) / rows;
            gradient[i] = (positive ? -c : p) / (p + c) / temperature / rows;
        }

        return (loss, gradient);
    }

    /// <summary>
    /// Without a normaliser (Misra and van der Maaten 2020, equations 3 and 4): the positive and each noise row against the sum over the noise rows. With E_j = exp(s_j / t), N the sum of
    /// E_1 to E_m and h_j = E_j / (E_j + N): L = -1/B sum_i [ log h_i0 + sum_(j = 1..m) log (1 - h_ij) ].
    /// </summary>
    /// <param name="scores">B x (1 + m), the positive first.</param>
    /// <param name="rows">B.</param>
    /// <param name="temperature">t, positive.</param>
    /// <returns>The loss and its gradient with respect to the scores.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] Scores) Sum(double[] scores, int rows, double temperature)
    {
        Similarity.Temperature(temperature);
        if (rows < 1 || scores.Length % rows != 0 || scores.Length / rows < 2)
        {
            throw new ArgumentException($"{scores.Length} scores are not {rows} rows of a positive and at least one noise");
        }

        var width = scores.Length / rows;
        var loss = 0.0;
        var gradient = new double[scores.Length];
        for (var i = 0; i < rows; i++)
        {
            var row = Array.ConvertAll(scores[(i * width)..((i + 1) * width)], s => s / temperature);
            var most = double.NegativeInfinity;
            for (var j = 1; j < width; j++)
            {
                most = Math.Max(most, row[j]);
            }

            var sum = 0.0;
            for (var j = 1; j < width; j++)
            {
                sum += Math.Exp(row[j] - most);
            }

            var log = most + Math.Log(sum);
            var away = Similarity.Sigmoid(log - row[0]);
            loss += Similarity.Softplus(log - row[0]) / rows;
            gradient[i * width] = -away / temperature / rows;
            for (var j = 1; j < width; j++)
            {
                loss += Similarity.Softplus(row[j] - log) / rows;
                away -= Similarity.Sigmoid(row[j] - log);
            }

            for (var j = 1; j < width; j++)
            {
                gradient[(i * width) + j] = ((Math.Exp(row[j] - log) * away) + Similarity.Sigmoid(row[j] - log)) / temperature / rows;
            }
        }

        return (loss, gradient);
    }
}
