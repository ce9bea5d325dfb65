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
}
