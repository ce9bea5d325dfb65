using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Turns gradients into steps. Parameters of one dimension (biases, scales and offsets of norms) are excluded: no decay, no trust
/// ratio. All state is in named tensors, so that a run goes on from a checkpoint with the same bits.
/// </summary>
public abstract class Optimizer
{
    private readonly List<(string Name, Tensor Value)> _state = [];
    private readonly double? _clip;

    /// <summary>Takes the parameters, which it steps in place and does not own.</summary>
    /// <exception cref="ArgumentException">There are none, or two have one name.</exception>
    protected Optimizer((string Name, Tensor Value)[] parameters)
    {
        if (parameters.Length == 0)
        {
            throw new ArgumentException("an optimiser needs at least one parameter", nameof(parameters));
        }

        var twice = parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"two parameters are called '{twice.Key}'", nameof(parameters));
        }

        Parameters = parameters;
    }

    /// <summary>What is stepped, by name.</summary>
    protected (string Name, Tensor Value)[] Parameters { get; }

    /// <summary>Everything that a later step depends on, beside the parameters themselves.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> State => _state;

    /// <summary>
    /// The longest that all gradients together may be: where their length, over every parameter, is more, all are multiplied by Clip / (length + 1e-6), in place
    /// (Pascanu et al. 2013, algorithm 1; clip_grad_norm_ of PyTorch). None: never.
    /// </summary>
    /// <exception cref="ArgumentException">It is not positive.</exception>
    public double? Clip
    {
        get => _clip;
        init => _clip = value is { } length && !(length > 0 && double.IsFinite(length))
            ? throw new ArgumentException($"gradients cannot be clipped to a length of {length}: give a positive one", nameof(value))
            : value;
    }

    /// <summary>Steps every parameter that has a gradient, all at one rate.</summary>
    public void Step(double rate) => Step(rate, null);

    /// <summary>Steps every parameter that has a gradient, each at the rate that <paramref name="rateOf"/> gives for its name; null leaves it as it is.</summary>
    public void Step(double rate, Func<string, double?>? rateOf)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Shorten();
        Begin();
        for (var i = 0; i < Parameters.Length; i++)
        {
            var gradient = Parameters[i].Value.grad;
            var own = rateOf is null ? rate : rateOf(Parameters[i].Name);
            if (gradient is not null && own is { } step)
            {
                Update(i, Parameters[i].Value, gradient, step, Parameters[i].Value.dim() <= 1);
            }
        }
    }

    // One length over all parameters, and one factor, on the device.
    private void Shorten()
    {
        var gradients = Parameters.Select(p => p.Value.grad).OfType<Tensor>().ToArray();
        if (Clip is not { } longest || gradients.Length == 0)
        {
            return;
        }

        var length = stack([.. gradients.Select(g => g.norm())]).norm();
        var factor = length.add(1e-6).pow(-1).mul_(longest).clamp_max_(1);
        foreach (var gradient in gradients)
        {
            gradient.mul_(factor);
        }
    }

    /// <summary>Sets every gradient to zero, in place.</summary>
    public void ZeroGrad()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var (_, value) in Parameters)
        {
            value.grad?.zero_();
        }
    }

    /// <summary>A state tensor of zeros beside each parameter.</summary>
    protected Tensor[] Beside(string name) => Parameters.Select(p =>
    {
        var value = zeros_like(p.Value).detach().DetachFromDisposeScope();
        _state.Add(($"{p.Name}.{name}", value));
        return value;
    }).ToArray();

    /// <summary>A state tensor of one number.</summary>
    protected Tensor Number(string name)
    {
        var value = zeros(1, ScalarType.Float64).DetachFromDisposeScope();
        _state.Add((name, value));
        return value;
    }

    /// <summary>Called once before the updates of a step.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>Steps parameter <paramref name="i"/> in place.</summary>
    protected abstract void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded);
}
