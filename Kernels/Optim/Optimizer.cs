using System;
using System.Collections.Generic;
using System.Linq;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>A parameter's share in a step: its rate, whether it is excluded, and what its gradient is multiplied by.</summary>
internal readonly record struct Turn(double Rate, bool Excluded, float Factor);

/// <summary>
/// Turns gradients into steps. Parameters of one dimension (biases, scales and offsets of norms) are excluded: no decay, no trust
/// ratio. All state is in named tensors, so that a run goes on from a checkpoint with the same bits. Tensor operations say what a step is; on the CPU
/// it is made by vectors over the memory of all parameters at once, to the same values but for roundings.
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

    /// <summary>Whether float32 parameters on the CPU are stepped by vectors over their memory; if not, by tensor operations as on other devices.</summary>
    public bool Vectors { get; init; } = true;

    /// <summary>Steps every parameter that has a gradient, each at the rate that <paramref name="rateOf"/> gives for its name; null leaves it as it is.</summary>
    public void Step(double rate, Func<string, double?>? rateOf)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var gradients = Parameters.Select(p => p.Value.grad).ToArray();
        if (Vectors && Enumerable.Range(0, gradients.Length).All(i => gradients[i] is not { } g || Fits(i, g)))
        {
            InVectors(gradients, rate, rateOf);
            return;
        }

        Shorten([.. gradients.OfType<Tensor>()]);
        Begin();
        for (var i = 0; i < Parameters.Length; i++)
        {
            var own = rateOf is null ? rate : rateOf(Parameters[i].Name);
            if (gradients[i] is { } gradient && own is { } step)
            {
                Update(i, Parameters[i].Value, gradient, step, Excluded(i));
            }
        }
    }

    // One length over all parameters, and one factor, on the device.
    private void Shorten(Tensor[] gradients)
    {
        if (Clip is not { } longest || gradients.Length == 0)
        {
            return;
        }

        var length = stack([.. gradients.Select(g => g.norm())]).norm();
        var factor = length.add(Numbers.Of(1e-6)).pow(Numbers.Of(-1)).mul_(Numbers.Of(longest)).clamp_max_(Numbers.One);
        foreach (var gradient in gradients)
        {
            gradient.mul_(factor);
        }
    }

    private bool Excluded(int i) => Parameters[i].Value.dim() <= 1;

    private bool Fits(int i, Tensor gradient)
    {
        var (first, second) = Beside(i);
        return Stretches.Holds(Parameters[i].Value) && Stretches.Holds(gradient) && Stretches.Holds(first) && (second is null || Stretches.Holds(second));
    }

    private void InVectors(Tensor?[] gradients, double rate, Func<string, double?>? rateOf)
    {
        var factor = 1.0;
        if (Clip is { } longest)
        {
            var all = new Stretches();
            foreach (var gradient in gradients.OfType<Tensor>())
            {
                all.Add(gradient, gradient, null, null);
            }

            var square = all.Sums((_, it) => WeightSteps.Squares(it, 1, 0)).Sum(s => s.A);
            factor = Math.Min(1, longest / (Math.Sqrt(square) + 1e-6));
        }

        Begin();
        var stretches = new Stretches();
        var turns = new List<Turn>();
        for (var i = 0; i < Parameters.Length; i++)
        {
            var own = rateOf is null ? rate : rateOf(Parameters[i].Name);
            if (gradients[i] is { } gradient && own is { } step)
            {
                var (first, second) = Beside(i);
                stretches.Add(Parameters[i].Value, gradient, first, second);
                turns.Add(new Turn(step, Excluded(i), (float)factor));
            }
        }

        var squares = Measures ? stretches.Sums((i, it) => Measure(it, turns[i])) : new (double, double)[turns.Count];
        stretches.Each((i, it) => Update(it, turns[i], squares[i]));
    }

    /// <summary>Forgets every gradient: what the next backward pass gives is taken as it is, not added to zeros.</summary>
    public void ZeroGrad()
    {
        foreach (var (_, value) in Parameters)
        {
            value.grad = null;
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

    /// <summary>trust |w| / |u| of two squared lengths, 1 where either is 0.</summary>
    private protected static double Ratio(double weight, double slope, double trust) =>
        weight > 0 && slope > 0 ? trust * Math.Sqrt(weight) / Math.Sqrt(slope) : 1;

    /// <summary>The states beside parameter <paramref name="i"/>.</summary>
    private protected abstract (Tensor First, Tensor? Second) Beside(int i);

    /// <summary>Whether steps depend on lengths of whole parameters, which <see cref="Measure"/> sums up first.</summary>
    private protected virtual bool Measures => false;

    /// <summary>Two sums of squares of a stretch, before any is stepped.</summary>
    private protected virtual (double Weight, double Slope) Measure(Stretch it, Turn turn) => default;

    /// <summary>Steps a stretch of a parameter in place, to the same as the tensors' Update; <paramref name="squares"/> are the sums over the whole parameter.</summary>
    private protected abstract void Update(Stretch it, Turn turn, (double Weight, double Slope) squares);
}
