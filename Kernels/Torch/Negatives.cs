using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Walks over the negatives of 2N rows (all rows but the row itself and its other view) in tiles: sums of a function of similarities with
/// a hand-written gradient, and each anchor's most similar negative below a limit. O(N d) memory beside a tile.
/// </summary>
internal static class Negatives
{
    /// <summary>sum_ik softplus(s_ik / t) over all negatives.</summary>
    public static Tensor Logistic(Tensor u, double temperature, int tileRows) =>
        Sum(u, zeros(u.shape[0], u.dtype, u.device), new Kind(true, temperature, tileRows));

    /// <summary>sum_ik max(0, s_ik - p_i + m) over all negatives; gradient reaches the positives p too.</summary>
    public static Tensor Hinge(Tensor u, Tensor positives, double margin, int tileRows) => Sum(u, positives, new Kind(false, margin, tileRows));

    /// <summary>
    /// For each anchor its largest s_ik in (low_i, high_i) over the negatives, as index, and whether there is one. No gradient: which
    /// negative is taken is not learned.
    /// </summary>
    public static (Tensor Index, Tensor Found) Nearest(Tensor u, Tensor low, Tensor high, int tileRows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var rows = u.shape[0];
        var index = empty(rows, ScalarType.Int64, u.device);
        var found = empty(rows, ScalarType.Bool, u.device);
        LogSumExp.Tiles(rows, LogSumExp.Rows(tileRows, rows), (start, count) =>
        {
            var s = u.narrow(0, start, count).mm(u.t());
            var outside = s.ge(high.narrow(0, start, count).unsqueeze(1)).bitwise_or_(s.le(low.narrow(0, start, count).unsqueeze(1)));
            s.masked_fill_(outside, double.NegativeInfinity);
            var (values, at) = LogSumExp.Exclude(s, start, rows / 2, double.NegativeInfinity).max(1);
            index.narrow(0, start, count).copy_(at);
            found.narrow(0, start, count).copy_(values.gt(double.NegativeInfinity));
        });
        return (index.MoveToOuterDisposeScope(), found.MoveToOuterDisposeScope());
    }

    private static Tensor Sum(Tensor u, Tensor positives, Kind kind)
    {
        using var scope = NewDisposeScope();
        return Function.apply(u, positives, kind).MoveToOuterDisposeScope();
    }

    private sealed record Kind(bool Logistic, double Number, int TileRows);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "Negatives";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (u, positives, kind) = (((Tensor)vars[0]).detach(), ((Tensor)vars[1]).detach(), (Kind)vars[2]);
            var rows = u.shape[0];
            var total = zeros(1, ScalarType.Float64, u.device);
            var du = zeros_like(u);
            var dp = zeros_like(positives);
            LogSumExp.Tiles(rows, LogSumExp.Rows(kind.TileRows, rows), (start, count) =>
            {
                var tile = u.narrow(0, start, count);
                var s = LogSumExp.Exclude(tile.mm(u.t()), start, rows / 2, double.NegativeInfinity);
                Tensor slope;
                if (kind.Logistic)
                {
                    s.div_(kind.Number);
                    total.add_(NoiseContrast.Softplus(s).sum(ScalarType.Float64));
                    slope = s.sigmoid_().div_(kind.Number);
                }
                else
                {
                    s.sub_(positives.narrow(0, start, count).unsqueeze(1)).add_(kind.Number).clamp_min_(0);
                    total.add_(s.sum(ScalarType.Float64));
                    slope = s.gt(0).to_type(u.dtype);
                    dp.narrow(0, start, count).copy_(slope.sum(1).neg_());
                }

                du.narrow(0, start, count).add_(slope.mm(u));
                du.addmm_(slope.t(), tile, 1, 1);
            });
            ctx.save_for_backward([du.MoveToOuterDisposeScope(), dp.MoveToOuterDisposeScope()]);
            return total.squeeze(0).to_type(u.dtype).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            var saved = ctx.get_saved_variables();
            return [saved[0].mul(grad_output), saved[1].mul(grad_output), null!];
        }
    }
}
