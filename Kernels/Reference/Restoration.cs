using System;

namespace Vantage.Kernels.Reference;

/// <summary>What is told of hidden patches and of noise on seen ones, as the formula reads: the meaning of <see cref="Torch.Restoration"/>.</summary>
public static class Restoration
{
    /// <summary>
    /// The mean over hidden patches of the mean squared difference of what is told and their values, and the mean over seen patches of that to their noise
    /// (Mishra et al. 2022, section 3; shlokk/mae-contrastive, models_mae.py); 0 where there are none.
    /// </summary>
    /// <param name="told">Patches x values.</param>
    /// <param name="values">Patches x values.</param>
    /// <param name="noise">Patches x values.</param>
    /// <param name="hidden">For each patch whether it was hidden.</param>
    /// <returns>Both losses and their gradients with respect to what is told.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Values, double Noise, double[] OfValues, double[] OfNoise) Loss(double[] told, double[] values, double[] noise, bool[] hidden)
    {
        if (hidden.Length < 1 || told.Length == 0 || told.Length % hidden.Length != 0 || values.Length != told.Length || noise.Length != told.Length)
        {
            throw new ArgumentException($"{told.Length} told values, {values.Length} true ones and {noise.Length} of noise are not those of {hidden.Length} patches");
        }

        var width = told.Length / hidden.Length;
        var count = 0;
        foreach (var one in hidden)
        {
            count += one ? 1 : 0;
        }

        var (first, second) = (0.0, 0.0);
        var (a, b) = (new double[told.Length], new double[told.Length]);
        for (var i = 0; i < told.Length; i++)
        {
            if (hidden[i / width])
            {
                var difference = told[i] - values[i];
                first += difference * difference / ((double)count * width);
                a[i] = 2 * difference / ((double)count * width);
            }
            else
            {
                var difference = told[i] - noise[i];
                second += difference * difference / ((double)(hidden.Length - count) * width);
                b[i] = 2 * difference / ((double)(hidden.Length - count) * width);
            }
        }

        return (first, second, a, b);
    }
}
