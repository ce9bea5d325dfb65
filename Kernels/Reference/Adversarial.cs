using System;

namespace Vantage.Kernels.Reference;

/// <summary>What discriminators and those whom they judge make of scores, as the formulas read: the meaning of <see cref="Torch.Adversarial"/>.</summary>
public static class Adversarial
{
    /// <summary>
    /// The discriminators' loss: over kinds of scores the sum of mean max(0, 1 - real) + mean max(0, 1 + made)
    /// (Donahue and Simonyan 2019, section 2: the discriminator loss l_D with its hinge h).
    /// </summary>
    /// <param name="real">Scores of pairs of an image and its code, n x k: one column for each kind.</param>
    /// <param name="made">Scores of pairs of an image that was made and the code it was made from, n x k.</param>
    /// <param name="rows">n.</param>
    /// <returns>The loss and its gradients with respect to both.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Real, double[] Made) Hinge(double[] real, double[] made, int rows)
    {
        Fits(real, made, rows);
        var loss = 0.0;
        var (a, b) = (new double[real.Length], new double[made.Length]);
        for (var i = 0; i < real.Length; i++)
        {
            loss += (Math.Max(0, 1 - real[i]) + Math.Max(0, 1 + made[i])) / rows;
            a[i] = real[i] < 1 ? -1.0 / rows : 0;
            b[i] = made[i] > -1 ? 1.0 / rows : 0;
        }

        return (loss, a, b);
    }

    /// <summary>
    /// The loss of those who are judged, encoder and generator: over kinds of scores the sum of mean real - mean made
    /// (Donahue and Simonyan 2019, section 2: the loss l_EG).
    /// </summary>
    /// <returns>The loss and its gradients with respect to both.</returns>
    /// <inheritdoc cref="Hinge"/>
    public static (double Loss, double[] Real, double[] Made) Judged(double[] real, double[] made, int rows)
    {
        Fits(real, made, rows);
        var loss = 0.0;
        var (a, b) = (new double[real.Length], new double[made.Length]);
        for (var i = 0; i < real.Length; i++)
        {
            loss += (real[i] - made[i]) / rows;
            a[i] = 1.0 / rows;
            b[i] = -1.0 / rows;
        }

        return (loss, a, b);
    }

    private static void Fits(double[] real, double[] made, int rows)
    {
        if (rows < 1 || real.Length == 0 || real.Length != made.Length || real.Length % rows != 0)
        {
            throw new ArgumentException($"{real.Length} real scores and {made.Length} made ones are not those of {rows} rows each");
        }
    }
}
