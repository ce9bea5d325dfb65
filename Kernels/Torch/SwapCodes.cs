using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>SwAV's swapped prediction on any device, with a hand-written gradient; see <see cref="Reference.SwapCodes"/> for the formula.</summary>
public static class SwapCodes
{
    /// <summary>The loss, a scalar. Gradient reaches the scores of predicting views, never the codes.</summary>
    /// <param name="scores">Of all V views against the prototypes, B x K each, float32 or float64.</param>
    /// <param name="codes">Of the first A views, B x K each.</param>
    /// <param name="temperature">Divides the scores; 0.1.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, the temperature is not positive, or there is no pair of views.</exception>
    public static Tensor Loss(IReadOnlyList<Tensor> scores, IReadOnlyList<Tensor> codes, double temperature)
    {
        if (scores.Count < 2 || codes.Count < 1 || codes.Count > scores.Count)
        {
            throw new ArgumentException($"{codes.Count} assigning of {scores.Count} views make no pair: at least 1 of 2 is needed");
        }

        foreach (var view in scores.Concat(codes))
        {
            Embeddings.Check(scores[0], view, temperature);
        }

        var constants = codes.Select(c => c.detach()).ToArray();
        return WithGradient.Of(views => CrossEntropy.Pairs(views, constants, temperature), [.. scores]);
    }
}
