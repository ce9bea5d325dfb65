using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Turns the hue without a branch, in place; of 1 channel nothing changes. With v the largest channel, m the smallest, c = v - m and h in [0, 6) the
/// turned hue in sextants: red is m + c clamp(|h - 3| - 1), green m + c clamp(2 - |h - 2|), blue m + c clamp(2 - |h - 4|), clamp to [0, 1].
/// </summary>
internal static class Hue
{
    /// <summary>In place of a chroma of 0, so that 0 / 0 becomes 0; its effect is multiplied by the chroma itself.</summary>
    private const double Least = 1e-30;

    internal static Tensor Apply(Tensor x, StepTable p)
    {
        if (x.shape[1] == 1)
        {
            return x;
        }

        var (r, g, b) = (x.select(1, 0), x.select(1, 1), x.select(1, 2));
        var v = maximum(g, b);
        var low = minimum(g, b);
        low = minimum(low, r);
        v = maximum(v, r);
        var chroma = v.sub(low);

        // The sextant times the chroma, counted from the first of red, green, blue that is largest.
        var ofBlue = r.sub(g).add_(chroma, alpha: 4);
        var ofGreen = b.sub(r).add_(chroma, alpha: 2);
        var numerator = Choose.Of(v.eq(r), g.sub(b), Choose.Of(v.eq(g), ofGreen, ofBlue));

        // It lies in [-1, 5] sextants, the turn in [1, 2) turns: their sum is positive, and its fraction the turned hue.
        var turn = p.Line(0);
        var h = turn.sub(turn.floor()).add_(1).addcdiv(numerator, chroma.clamp_min(Least), 1 / 6.0).frac_().mul_(6);
        Distance.Of(r.copy_(h).sub_(3)).sub_(1).clamp_(0, 1).mul_(chroma).add_(low);
        Distance.Of(g.copy_(h).sub_(2)).sub_(2).neg_().clamp_(0, 1).mul_(chroma).add_(low);
        Distance.Of(b.copy_(h).sub_(4)).sub_(2).neg_().clamp_(0, 1).mul_(chroma).add_(low);
        return x;
    }
}
