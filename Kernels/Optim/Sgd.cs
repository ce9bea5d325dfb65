using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// u = g + decay w; v := momentum v + u; w := w - rate v, or with Nesterov's momentum w := w - rate (u + momentum v) as PyTorch has it
/// (Sutskever et al. 2013, section 3). Excluded parameters are not decayed.
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly double _momentum;
    private readonly double _decay;
    private readonly bool _nesterov;
    private readonly Tensor[] _velocity;

    /// <summary>Momentum in [0, 1), decay not negative.</summary>
    public Sgd((string Name, Tensor Value)[] parameters, double momentum, double decay, bool nesterov = false)
        : base(parameters)
    {
        (_momentum, _decay, _nesterov) = (momentum, decay, nesterov);
        _velocity = Beside("velocity");
    }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var decayed = !excluded && _decay != 0 ? gradient.add(value, Numbers.Of(_decay)) : gradient;
        var v = _velocity[i].mul_(Numbers.Of(_momentum)).add_(decayed, Numbers.One);
        value.add_(_nesterov ? v.mul(Numbers.Of(_momentum)).add_(decayed, Numbers.One) : v, Numbers.Of(-rate));
    }

    private protected override (Tensor First, Tensor? Second) Beside(int i) => (_velocity[i], null);

    private protected override void Update(Stretch it, Turn turn, (double Weight, double Slope) squares) => WeightSteps.Momentum(
        it, new MomentumStep(turn.Factor, turn.Excluded ? 0 : (float)_decay, 1, (float)_momentum, 1, (float)turn.Rate, _nesterov));
}
