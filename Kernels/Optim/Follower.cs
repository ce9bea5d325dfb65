using System;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>A network that follows another with momentum: MoCo's key encoder, BYOL's target, DINO's teacher.</summary>
public static class Follower
{
    /// <summary>
    /// target := momentum target + (1 - momentum) learnt, for each pair of tensors of one shape (He et al. 2020, equation 2). On the CPU by vectors over
    /// the memory of all where <paramref name="vectors"/>; elsewhere by tensor operations, which are the meaning.
    /// </summary>
    /// <exception cref="ArgumentException">There are not as many of both.</exception>
    public static void Step(Tensor[] target, Tensor[] learnt, double momentum, bool vectors = true)
    {
        if (target.Length != learnt.Length)
        {
            throw new ArgumentException($"{target.Length} weights cannot follow {learnt.Length}");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var all = new Stretches();
        for (var i = 0; i < target.Length; i++)
        {
            if (vectors && Stretches.Holds(target[i]) && Stretches.Holds(learnt[i]))
            {
                all.Add(target[i], null, learnt[i], null);
            }
            else
            {
                target[i].mul_(Numbers.Of(momentum)).add_(learnt[i], Numbers.Of(1 - momentum));
            }
        }

        var (kept, share) = ((float)momentum, (float)(1 - momentum));
        all.Each((_, it) => WeightSteps.Follow(it, kept, share));
    }
}
