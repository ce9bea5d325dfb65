using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>v := momentum v + g + decay w; w := w - rate v. Excluded parameters are not decayed.</summary>
public sealed class Sgd : Optimizer
{
    private readonly double _momentum;
    private readonly double _decay;
    private readonly Tensor[] _velocity;

    /// <summary>Momentum in [0, 1), decay not negative.</summary>
    public Sgd((string Name, Tensor Value)[] parameters, double momentum, double decay)
        : base(parameters)
    {
        _momentum = momentum;
        _decay = decay;
        _velocity = Beside("velocity");
    }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var v = _velocity[i].mul_(_momentum).add_(gradient);
        if (!excluded && _decay != 0)
        {
            v.add_(value, _decay);
        }

        value.add_(v, -rate);
    }
}
