using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The direction in which a small step of the input changes the prediction most (VAT, Miyato et al. 2018; vat.py of takerum/vat_tf): power iteration on the Hessian of
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
        Check(model, x, start, xi, epsilon, iterations);
        using var scope = NewDisposeScope();
        return Find(model, x.detach(), Predictions(model, x.detach()), start, xi, epsilon, iterations).MoveToOuterDisposeScope();
    }

    /// <summary>The mean divergence of predictions after that step from those before it, which are constants: a scalar with gradient through the model's weights.</summary>
    /// <param name="model">From inputs to logits, N x C; differentiable, and giving equal answers to equal inputs.</param>
    /// <param name="x">Inputs, N x anything.</param>
    /// <param name="start">Random directions, shaped as x.</param>
    /// <param name="xi">Length of the trial step, positive.</param>
    /// <param name="epsilon">Length of the step, positive.</param>
    /// <param name="iterations">Power iterations, at least 1.</param>
    /// <param name="turned">Whether the disturbed prediction stands first in the divergence, as in the code of FixMatch and S4L, in place of the clean one. The step is the same.</param>
    /// <exception cref="ArgumentException">Shapes differ, or a number is not positive.</exception>
    public static Tensor Loss(Func<Tensor, Tensor> model, Tensor x, Tensor start, double xi, double epsilon, int iterations, bool turned = false)
    {
        Check(model, x, start, xi, epsilon, iterations);
        using var scope = NewDisposeScope();
        var constant = x.detach();
        var target = Predictions(model, constant);
        var step = Find(model, constant, target, start, xi, epsilon, iterations);
        var disturbed = model(constant.add(step));
        var loss = turned ? Consistency.Turned(disturbed, target) : Consistency.Loss(disturbed, target, 1, 0);
        return loss.MoveToOuterDisposeScope();
    }

    private static void Check(Func<Tensor, Tensor> model, Tensor x, Tensor start, double xi, double epsilon, int iterations)
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
    }

    private static Tensor Predictions(Func<Tensor, Tensor> model, Tensor x)
    {
        using var guard = no_grad();
        return model(x);
    }

    private static Tensor Find(Func<Tensor, Tensor> model, Tensor x, Tensor target, Tensor start, double xi, double epsilon, int iterations)
    {
        var direction = Unit(start.detach());
        for (var i = 0; i < iterations; i++)
        {
            var step = direction.mul(xi).detach().requires_grad_(true);
            using var divergence = Consistency.Loss(model(x.add(step)), target, 1, 0);
            direction = Unit(autograd.grad([divergence], [step])[0]);
        }

        return direction.mul(epsilon).detach();
    }

    private static Tensor Unit(Tensor direction) => UnitRows.Of(direction.flatten(1)).view(direction.shape);
}
