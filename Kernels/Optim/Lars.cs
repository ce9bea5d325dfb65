using System;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;
using static TorchSharp.torch;

namespace Vantage.Kernels.Optim;

/// <summary>Which of the three algorithms called LARS.</summary>
public enum LarsForm
{
    /// <summary>The rate is inside the buffer, as in SimCLR's official code: google-research/simclr, lars_optimizer.py, classic momentum.</summary>
    Inside,

    /// <summary>The rate is outside the buffer, as in BYOL, Barlow Twins, VICReg and MoCo v3. Equal to Inside while the rate is constant.</summary>
    Outside,

    /// <summary>LARC of NVIDIA's apex (SwAV, lightly, solo-learn): lengths of gradient and decay are added, and where one is zero decay is left out too.</summary>
    Larc,
}

/// <summary>
/// Layer-wise adaptive rates (You et al. 2017), as three codes have it. With decayed gradient u = g + decay w and r = trust |w| / |u|, 1 where
/// either is 0: Inside has v := momentum v + rate r u; w := w - v. Outside has v := momentum v + r u; w := w - rate v. Larc
/// has r = trust |w| / (|g| + decay |w| + 1e-8), at most rate where clipped, in v := momentum v + r u, and g alone where |w| or
/// |g| is 0; w := w - rate v. Excluded parameters take plain momentum steps without decay.
/// </summary>
public sealed class Lars : Optimizer
{
    /// <summary>The trust coefficient eta of the official code.</summary>
    public const double Trust = 0.001;

    private readonly double _momentum;
    private readonly double _decay;
    private readonly LarsForm _form;
    private readonly double _trust;
    private readonly bool _nesterov;
    private readonly bool _clip;
    private readonly Tensor[] _velocity;

    /// <summary>SimCLR's form. Momentum in [0, 1), decay not negative.</summary>
    public Lars((string Name, Tensor Value)[] parameters, double momentum, double decay)
        : this(parameters, momentum, decay, LarsForm.Inside, Trust, false, false)
    {
    }

    /// <summary>Any form.</summary>
    /// <param name="parameters">What is stepped.</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="decay">Not negative.</param>
    /// <param name="form">Which algorithm.</param>
    /// <param name="trust">eta, positive.</param>
    /// <param name="nesterov">Steps by what the buffer will be: momentum v + the new term.</param>
    /// <param name="clip">Of Larc alone: r / rate is at most 1, so that no step is longer than that of plain momentum.</param>
    /// <exception cref="ArgumentException">The trust is not positive, or another form is to be clipped.</exception>
    public Lars(
        (string Name, Tensor Value)[] parameters, double momentum, double decay, LarsForm form, double trust, bool nesterov, bool clip)
        : base(parameters)
    {
        if (!(trust > 0) || double.IsInfinity(trust))
        {
            throw new ArgumentException($"a trust coefficient of {trust} is not positive and finite", nameof(trust));
        }

        if (clip && form != LarsForm.Larc)
        {
            throw new ArgumentException($"{form} has no clip: only {LarsForm.Larc} has", nameof(clip));
        }

        (_momentum, _decay, _form, _trust, _nesterov, _clip) = (momentum, decay, form, trust, nesterov, clip);
        _velocity = Beside("velocity");
    }

    /// <inheritdoc/>
    protected override void Update(int i, Tensor value, Tensor gradient, double rate, bool excluded)
    {
        var g = excluded ? gradient : _form == LarsForm.Larc ? Larc(value, gradient, rate) : Trusted(value, gradient);
        var inside = _form == LarsForm.Inside;
        var v = _velocity[i].mul_(Numbers.Of(_momentum)).add_(g, Numbers.Of(inside ? rate : 1));
        var step = _nesterov ? v.mul(Numbers.Of(_momentum)).add_(g, Numbers.Of(inside ? rate : 1)) : v;
        value.add_(step, Numbers.Of(inside ? -1 : -rate));
    }

    private protected override bool Measures => true;

    private protected override (Tensor First, Tensor? Second) Beside(int i) => (_velocity[i], null);

    private protected override (double Weight, double Slope) Measure(Stretch it, Turn turn) =>
        turn.Excluded ? default : WeightSteps.Squares(it, turn.Factor, _form == LarsForm.Larc ? 0 : (float)_decay);

    private protected override void Update(Stretch it, Turn turn, (double Weight, double Slope) squares)
    {
        var trusted = !turn.Excluded && (_form != LarsForm.Larc || (squares.Weight > 0 && squares.Slope > 0));
        var ratio = !trusted ? 1 : _form == LarsForm.Larc ? Larc(squares, turn.Rate) : Ratio(squares.Weight, squares.Slope, _trust);
        var inside = _form == LarsForm.Inside;
        WeightSteps.Momentum(it, new MomentumStep(
            turn.Factor,
            trusted ? (float)_decay : 0,
            (float)ratio,
            (float)_momentum,
            inside ? (float)turn.Rate : 1,
            inside ? 1 : (float)turn.Rate,
            _nesterov));
    }

    private double Larc((double Weight, double Slope) squares, double rate)
    {
        var w = Math.Sqrt(squares.Weight);
        var ratio = _trust * w / (Math.Sqrt(squares.Slope) + (_decay * w) + 1e-8);
        return _clip ? Math.Min(1, ratio / rate) : ratio;
    }

    private Tensor Trusted(Tensor value, Tensor gradient)
    {
        var g = gradient.add(value, Numbers.Of(_decay));
        var w = value.norm();
        var length = g.norm();
        var usable = w.gt(0).logical_and(length.gt(0)); // on the device: no number crosses to the host
        return g.mul(where(usable, w.mul(Numbers.Of(_trust)).div(length), ones_like(w)));
    }

    private Tensor Larc(Tensor value, Tensor gradient, double rate)
    {
        var w = value.norm();
        var length = gradient.norm();
        var usable = w.gt(0).logical_and(length.gt(0));
        var ratio = w.mul(Numbers.Of(_trust)).div(length.add(w, Numbers.Of(_decay)).add_(Numbers.Of(1e-8)));
        if (_clip)
        {
            ratio = ratio.div_(Numbers.Of(rate)).clamp_max_(Numbers.One);
        }

        return where(usable, gradient.add(value, Numbers.Of(_decay)).mul_(ratio), gradient);
    }
}
