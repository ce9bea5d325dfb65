using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>
/// Adam with decoupled decay (Loshchilov and Hutter 2019, algorithm 2, decay multiplied by the rate as in PyTorch):
/// w := w - rate decay w; m := 0.9 m + 0.1 g; v := 0.999 v + 0.001 g^2; w := w - rate m^ / (sqrt(v^) + 1e-8).
/// </summary>
public sealed class AdamW : Optimizer
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly double _decay;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _count;
    private double _steps;

    /// <summary>Decay not negative.</summary>
    public AdamW((string Name, Tensor Value)[] parameters, double decay)
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
        if (!excluded && _decay != 0)
        {
            value.mul_(1 - (rate * _decay));
        }

        var mean = _mean[i].mul_(Beta1).add_(gradient, 1 - Beta1);
        var square = _square[i].mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        var deviation = square.sqrt().div_(Math.Sqrt(1 - Math.Pow(Beta2, _steps))).add_(Epsilon);
        value.addcdiv_(mean, deviation, -rate / (1 - Math.Pow(Beta1, _steps)));
    }
}
