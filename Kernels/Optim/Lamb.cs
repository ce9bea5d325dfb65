using System;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Layer-wise adaptive moments (You et al. 2020, algorithm 2, with phi the identity): with the moments m and v of <see cref="Moments"/>,
/// r = m^ / (sqrt(v^) + 1e-6) + decay w; w := w - rate (|w| / |r|) r, the ratio 1 where either length is 0. Excluded parameters have
/// neither decay nor ratio. No clip of its own; see <see cref="Optimizer.Clip"/>.
/// </summary>
public sealed class Lamb : Moments
{
    private const double Epsilon = 1e-6;

    private readonly double _decay;

    /// <summary>Decay not negative.</summary>
    public Lamb((string Name, Tensor Value)[] parameters, double decay)
        : base(parameters) => _decay = decay;

    private protected override bool Measures => true;

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var (mean, square) = Remember(i, gradient);
        var step = mean.mul(Numbers.Of(MeanScale)).div_(square.sqrt().mul_(Numbers.Of(Math.Sqrt(SquareScale))).add_(Numbers.Of(Epsilon)));
        if (excluded)
        {
            value.add_(step, Numbers.Of(-rate));
            return;
        }

        step.add_(value, Numbers.Of(_decay));
        var (w, r) = (value.norm(), step.norm());
        var usable = w.gt(0).logical_and(r.gt(0)); // on the device: no number crosses to the host
        value.sub_(step.mul_(where(usable, w.div(r), ones_like(w)).mul_(Numbers.Of(rate))));
    }

    private protected override (double Weight, double Slope) Measure(Stretch it, Turn turn)
    {
        Remember(it, turn.Factor);
        return turn.Excluded ? default : WeightSteps.Squares(it, Step(turn, 1));
    }

    private protected override void Update(Stretch it, Turn turn, (double Weight, double Slope) squares) =>
        WeightSteps.Adaptive(it, Step(turn, turn.Excluded ? 1 : Ratio(squares.Weight, squares.Slope, 1)));

    private AdaptiveStep Step(Turn turn, double ratio) => new(
        (float)MeanScale, (float)Math.Sqrt(SquareScale), (float)Epsilon, turn.Excluded ? 0 : (float)_decay, 1, (float)(turn.Rate * ratio));
}
