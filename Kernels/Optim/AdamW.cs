using System;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Adam with decoupled decay (Loshchilov and Hutter 2019, algorithm 2, decay multiplied by the rate as in PyTorch):
/// w := w - rate decay w; w := w - rate m^ / (sqrt(v^) + 1e-8), with the moments m and v of <see cref="Moments"/>.
/// </summary>
public sealed class AdamW : Moments
{
    private const double Epsilon = 1e-8;

    private readonly double _decay;

    /// <summary>Decay not negative; moments from 0 to below 1, 0.9 and 0.999 in PyTorch.</summary>
    /// <exception cref="ArgumentException">A moment is not.</exception>
    public AdamW((string Name, Tensor Value)[] parameters, double decay, double first = 0.9, double second = 0.999)
        : base(parameters, first, second) => _decay = decay;

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        if (!excluded && _decay != 0)
        {
            value.mul_(Numbers.Of(1 - (rate * _decay)));
        }

        var (mean, square) = Remember(i, gradient);
        value.addcdiv_(mean, square.sqrt().mul_(Numbers.Of(Math.Sqrt(SquareScale))).add_(Numbers.Of(Epsilon)), Numbers.Of(-rate * MeanScale));
    }

    private protected override void Update(Stretch it, Turn turn, (double Weight, double Slope) squares)
    {
        Remember(it, turn.Factor);
        var shrink = turn.Excluded ? 1 : 1 - (turn.Rate * _decay);
        WeightSteps.Adaptive(
            it, new AdaptiveStep(1, (float)Math.Sqrt(SquareScale), (float)Epsilon, 0, (float)shrink, (float)(turn.Rate * MeanScale)));
    }
}
