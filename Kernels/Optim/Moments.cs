using System;
using Vantage.Kernels.Simd;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>What Adam and those after it remember: m := 0.9 m + 0.1 g; v := 0.999 v + 0.001 g^2, and how many steps were made.</summary>
public abstract class Moments : Optimizer
{
    private const double Kept = 0.9, KeptSquare = 0.999;

    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _count;
    private double _steps;

    private protected Moments((string Name, Tensor Value)[] parameters)
        : base(parameters)
    {
        _mean = Beside("mean");
        _square = Beside("square");
        _count = Number("steps");
    }

    /// <summary>1 / (1 - 0.9^t): what makes a mean of t gradients of m.</summary>
    protected double MeanScale => 1 / (1 - Math.Pow(Kept, _steps));

    /// <summary>1 / (1 - 0.999^t), the same of v.</summary>
    protected double SquareScale => 1 / (1 - Math.Pow(KeptSquare, _steps));

    /// <inheritdoc/>
    protected override void Begin() => _steps = _count.add_(1).item<double>();

    /// <summary>Takes a gradient in; gives m and v themselves.</summary>
    protected (Tensor Mean, Tensor Square) Remember(int i, Tensor gradient) =>
        (_mean[i].mul_(Kept).add_(gradient, 1 - Kept), _square[i].mul_(KeptSquare).addcmul_(gradient, gradient, 1 - KeptSquare));

    private protected override (Tensor First, Tensor? Second) Beside(int i) => (_mean[i], _square[i]);

    private protected static void Remember(Stretch it, float factor) =>
        WeightSteps.Moments(it, new MomentsStep(factor, (float)Kept, (float)(1 - Kept), (float)KeptSquare, (float)(1 - KeptSquare)));
}
