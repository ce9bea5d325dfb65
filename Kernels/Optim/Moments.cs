using System;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>What Adam and those after it remember: m := a m + (1 - a) g; v := b v + (1 - b) g^2, a 0.9 and b 0.999 unless said otherwise, and how many steps were made.</summary>
public abstract class Moments : Optimizer
{
    private readonly double _kept;
    private readonly double _keptSquare;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _count;
    private double _steps;

    private protected Moments((string Name, Tensor Value)[] parameters, double kept = 0.9, double keptSquare = 0.999)
        : base(parameters)
    {
        if (!(kept >= 0 && kept < 1 && keptSquare >= 0 && keptSquare < 1))
        {
            throw new ArgumentException($"moments of {kept} and {keptSquare}: both must be from 0 to below 1");
        }

        (_kept, _keptSquare) = (kept, keptSquare);
        _mean = Beside("mean");
        _square = Beside("square");
        _count = Number("steps");
    }

    /// <summary>1 / (1 - a^t): what makes a mean of t gradients of m.</summary>
    protected double MeanScale => 1 / (1 - Math.Pow(_kept, _steps));

    /// <summary>1 / (1 - b^t), the same of v.</summary>
    protected double SquareScale => 1 / (1 - Math.Pow(_keptSquare, _steps));

    /// <inheritdoc/>
    protected override void Begin() => _steps = _count.add_(Numbers.One).item<double>();

    /// <summary>Takes a gradient in; gives m and v themselves.</summary>
    protected (Tensor Mean, Tensor Square) Remember(int i, Tensor gradient) =>
        (_mean[i].mul_(Numbers.Of(_kept)).add_(gradient, Numbers.Of(1 - _kept)), _square[i].mul_(Numbers.Of(_keptSquare)).addcmul_(gradient, gradient, Numbers.Of(1 - _keptSquare)));

    private protected override (Tensor First, Tensor? Second) Beside(int i) => (_mean[i], _square[i]);

    private protected void Remember(Stretch it, float factor) =>
        WeightSteps.Moments(it, new MomentsStep(factor, (float)_kept, (float)(1 - _kept), (float)_keptSquare, (float)(1 - _keptSquare)));
}
