using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// LARS as SimCLR's official code has it (google-research/simclr, lars_optimizer.py, classic momentum): g' = g + decay w;
/// r = eta |w| / |g'|, 1 where either is 0; v := momentum v + rate r g'; w := w - v. The rate is inside the buffer.
/// Excluded parameters take plain momentum steps without decay.
/// </summary>
public sealed class Lars : Optimizer
{
    /// <summary>The trust coefficient eta of the official code.</summary>
    public const double Trust = 0.001;

    private readonly double _momentum;
    private readonly double _decay;
    private readonly Tensor[] _velocity;

    /// <summary>Momentum in [0, 1), decay not negative.</summary>
    public Lars((string Name, Tensor Value)[] parameters, double momentum, double decay)
        : base(parameters)
    {
        _momentum = momentum;
        _decay = decay;
        _velocity = Beside("velocity");
    }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var v = _velocity[i].mul_(_momentum);
        if (excluded)
        {
            v.add_(gradient, rate);
        }
        else
        {
            var g = gradient.add(value, _decay);
            var w = value.norm();
            var length = g.norm();
            var usable = w.gt(0).logical_and(length.gt(0)); // on the device: no number crosses to the host
            var ratio = where(usable, w.mul(Trust).div(length), ones_like(w));
            v.add_(g.mul(ratio), rate);
        }

        value.sub_(v);
    }
}
