using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>What is left of NT-Xent without negatives: only the pull. The constant embedding minimises it; it is there to watch that.</summary>
public static class Alignment
{
    /// <summary>-mean_i s(a_i, b_i) / temperature of N pairs of embeddings, N x d each, s the cosine (normalize) or the dot product.</summary>
    /// <exception cref="ArgumentException">Shapes or types differ, the batch is empty, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize)
    {
        Embeddings.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        return UnitRows.Of(a, normalize).mul(UnitRows.Of(b, normalize)).sum(1).mean().div(-temperature).MoveToOuterDisposeScope();
    }
}
