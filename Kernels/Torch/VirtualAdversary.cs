using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The direction in which a small step of the input changes the prediction most (VAT, Miyato et al. 2018, section 3.3; vat.py of takerum/vat_tf): power iteration on the Hessian of
/// the divergence, each product by a finite step of length xi.
/// </summary>
public static class VirtualAdversary
{
    /// <summary>A step of length epsilon for each input, without gradient.</summary>
    /// <param name="model">From inputs to logits, N x C; differentiable, and giving equal answers to equal inputs.</param>
    /// <param name="x">Inputs, N x anything.</param>
    /// <param name="start">Random directions, shaped as x.</param>
    /// <param name="xi">Length of the trial step, positive. The codes' 1e-6 is below the rounding of float32 pixels; 1e-2 to 10 measure the same Hessian.</param>
    /// <param name="epsilon">Length of the step, positive.</param>
    /// <param name="iterations">Power iterations, at least 1.</param>
    /// <exception cref="ArgumentException">Shapes differ, or a number is not positive.</exception>
    public static Tensor Direction(Func<Tensor, Tensor> model, Tensor x, Tensor start, double xi, double epsilon, int iterations)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!start.shape.AsSpan().SequenceEqual(x.shape))
        {
            throw new ArgumentException($"directions are [{string.Join(", ", start.shape)}] for inputs of [{string.Join(", ", x.shape)}]");
        }

        if (!(xi > 0) || !(epsilon > 0) || iterations < 1)
        {
            throw new ArgumentException($"a trial step of {xi}, a step of {epsilon} and {iterations} iterations: all must be positive");
        }

        using var scope = NewDisposeScope();
        var constant = x.detach();
        Tensor target;
        using (no_grad())
        {
            target = model(constant);
        }

        var direction = Unit(start.detach());
        for (var i = 0; i < iterations; i++)
        {
            var step = direction.mul(xi).detach().requires_grad_(true);
            using var divergence = Consistency.Loss(model(constant.add(step)), target, 1, 0);
            var slope = autograd.grad([divergence], [step])[0];
            direction = Unit(slope);
        }

        return direction.mul(epsilon).detach().MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor direction) => UnitRows.Of(direction.flatten(1)).view(direction.shape);
}
