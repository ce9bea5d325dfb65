using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Layer-wise adaptive moments (You et al. 2020, algorithm 2, with phi the identity): m := 0.9 m + 0.1 g; v := 0.999 v + 0.001 g^2;
/// r = m^ / (sqrt(v^) + 1e-6) + decay w; w := w - rate (|w| / |r|) r, the ratio 1 where either length is 0. Excluded parameters have
/// neither decay nor ratio. No clip of its own; see <see cref="Optimizer.Clip"/>.
/// </summary>
public sealed class Lamb : Optimizer
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6;

    private readonly double _decay;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _count;
    private double _steps;

    /// <summary>Decay not negative.</summary>
    public Lamb((string Name, Tensor Value)[] parameters, double decay)
        : base(parameters)
    {
        _decay = decay;
        _mean = Beside("mean");
        _square = Beside("square");
        _count = Number("steps");
    }

    /// <inheritdoc/>
    protected override void Begin() => _steps = _count.add_(1).item<double>();

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var mean = _mean[i].mul_(Beta1).add_(gradient, 1 - Beta1).div(1 - Math.Pow(Beta1, _steps));
        var square = _square[i].mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        var step = mean.div_(square.div(1 - Math.Pow(Beta2, _steps)).sqrt_().add_(Epsilon));
        if (excluded)
        {
            value.add_(step, -rate);
            return;
        }

        step.add_(value, _decay);
        var (w, r) = (value.norm(), step.norm());
        var usable = w.gt(0).logical_and(r.gt(0)); // on the device: no number crosses to the host
        value.sub_(step.mul_(where(usable, w.div(r), ones_like(w)).mul_(rate)));
    }
}
