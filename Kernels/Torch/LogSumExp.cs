using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// What every softmax objective is made of: lse_i = log sum over candidates k of exp(scale u_i . v_k), with a hand-written gradient. The
/// matrix of similarities is walked in tiles, forward and once more backward, and never stored: O(N d) memory beside a tile.
/// </summary>
public static class LogSumExp
{
    /// <summary>Values of a tile of tensors: 1 MiB of float32.</summary>
    public const int TileValues = 1 << 18;

    /// <summary>The largest bound of a similarity times scale under which a constant shift replaces the search for row maxima: e^-60 is far from underflow.</summary>
    public const double LargestBound = 30;

    /// <summary>
    /// One value for each row of u over all rows but those whose index differs by a multiple of the period. Float32 on the CPU goes
    /// through <see cref="Simd.SymmetricSoftmax"/>, everything else through tensors.
    /// </summary>
    /// <param name="u">M x d, float32 or float64.</param>
    /// <param name="scale">1 / temperature, positive.</param>
    /// <param name="period">M excludes the row itself; M / 2 also its other view.</param>
    /// <param name="bound">A bound of scale |u_i . u_k| or not-a-number: unit rows have 1 / temperature.</param>
    public static Tensor Among(Tensor u, double scale, long period, double bound) => Among(u, scale, period, bound, 0);

    /// <summary>The same by tensors in tiles of so many rows, for tests; 0 leaves the choice. Where products are of bfloat16, u must hold such numbers.</summary>
    public static Tensor Among(Tensor u, double scale, long period, double bound, int tileRows, Products products = Products.Full)
    {
        using var scope = NewDisposeScope(); // what is saved for the way back is a native reference by then
        var options = new AmongOptions(scale, period, bound <= LargestBound ? bound : double.NaN, tileRows, products == Products.BFloat16);
        return AmongFunction.apply(u, options).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// One value for each row of x over the rows of y; minus infinity where a row has no candidate. Gradients reach both.
    /// </summary>
    /// <param name="x">Anchors, A x d.</param>
    /// <param name="y">Candidates, B x d; B may be 0.</param>
    /// <param name="scale">Multiplies x_i . y_k.</param>
    /// <param name="anchorIds">With candidateIds: an anchor's candidates are those of another id. Int64, A.</param>
    /// <param name="candidateIds">Int64, B; null where every candidate counts.</param>
    /// <param name="clip">Where above 0, s becomes clip tanh(s / clip).</param>
    /// <param name="tileRows">Anchors a tile; 0 leaves the choice.</param>
    /// <param name="unit">Whether candidates are divided by their lengths first; those learn nothing.</param>
    /// <param name="products">Where of bfloat16, x must hold such numbers, y is rounded after its lengths, and learns nothing.</param>
    public static Tensor Over(
        Tensor x, Tensor y, double scale, Tensor? anchorIds = null, Tensor? candidateIds = null, double clip = 0, int tileRows = 0, bool unit = false,
        Products products = Products.Full)
    {
        using var scope = NewDisposeScope();
        y = unit || products == Products.BFloat16 ? y.detach() : y;
        var options = new OverOptions(scale, clip, tileRows, x.requires_grad, y.requires_grad, unit, products);
        var ids = anchorIds is null || candidateIds is null ? Array.Empty<Tensor>() : [anchorIds, candidateIds];
        return OverFunction.apply(x, y, options, ids).MoveToOuterDisposeScope();
    }

    internal static long Rows(int asked, long columns) => asked > 0 ? asked : Math.Max(1, TileValues / Math.Max(1, columns));

    /// <summary>Runs the work on (first row, rows) of each tile, in a dispose scope of its own.</summary>
    internal static void Tiles(long rows, long tile, Action<long, long> work)
    {
        for (long start = 0; start < rows; start += tile)
        {
            using var scope = NewDisposeScope();
            work(start, Math.Min(tile, rows - start));
        }
    }

    /// <summary>Fills what a tile of rows from start may not see: columns whose index differs by a multiple of the period.</summary>
    internal static Tensor Exclude(Tensor p, long start, long period, double value)
    {
        var first = start - ((start + p.shape[0] - 1) / period * period); // the lowest diagonal that the tile meets
        for (var offset = first; offset < p.shape[1]; offset += period)
        {
            p.diagonal((int)offset).fill_(value);
        }

        return p;
    }

    private static bool InVectors(Tensor u, int tileRows) =>
        tileRows == 0 && Values.InVectors(u);

    private sealed record AmongOptions(double Scale, long Period, double Bound, int TileRows, bool Halves);

    private sealed record OverOptions(double Scale, double Clip, int TileRows, bool AnchorsLearn, bool CandidatesLearn, bool Unit, Products Products)
    {
        /// <summary>The anchors' slopes come with the value: one product less than making the similarities again.</summary>
        public bool Direct => AnchorsLearn && Clip == 0;
    }

    private sealed class AmongFunction : autograd.SingleTensorFunction<AmongFunction>
    {
        public override string Name => "LogSumExpAmong";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (u, options) = (((Tensor)vars[0]).detach().contiguous(), (AmongOptions)vars[1]);
            var lse = empty(u.shape[0], u.dtype, u.device);
            if (InVectors(u, options.TileRows))
            {
                Simd.SymmetricSoftmax.LogSums(
                    Values.Of(u), (int)u.shape[1], options.Scale, (int)options.Period, options.Bound,
                    get_num_threads(), Values.Of(lse), Simd.SymmetricSoftmax.Bits, options.Halves);
            }
            else
            {
                Tiles(u.shape[0], Rows(options.TileRows, u.shape[0]), (start, count) =>
                {
                    var p = Exclude(u.narrow(0, start, count).mm(u.t()).mul_(Numbers.Of(options.Scale)), start, options.Period, double.NegativeInfinity);
                    lse.narrow(0, start, count).copy_(Embeddings.LogSums(p));
                });
            }

            ctx.save_for_backward([u.MoveToOuterDisposeScope(), lse.MoveToOuterDisposeScope()]);
            ctx.save_data("options", options);
            return lse;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var (saved, options) = (ctx.get_saved_variables(), (AmongOptions)ctx.get_data("options"));
            var (u, lse, weights) = (saved[0], saved[1], grad_output.contiguous());
            var du = empty_like(u);
            if (InVectors(u, options.TileRows))
            {
                Simd.SymmetricSoftmax.Gradient(
                    Values.Of(u), (int)u.shape[1], options.Scale, (int)options.Period, options.Bound, get_num_threads(),
                    Values.Of(lse), Values.Of(weights), Values.Of(du), Simd.SymmetricSoftmax.Bits, options.Halves);
                return [du.MoveToOuterDisposeScope(), null!];
            }

            Tiles(u.shape[0], Rows(options.TileRows, u.shape[0]), (start, count) =>
            {
                var p = Exclude(u.narrow(0, start, count).mm(u.t()).mul_(Numbers.Of(options.Scale)), start, options.Period, double.NegativeInfinity);
                var theirs = p.sub(lse).exp_().mul_(weights);
                p.sub_(lse.narrow(0, start, count).unsqueeze(1)).exp_().mul_(weights.narrow(0, start, count).unsqueeze(1));
                du.narrow(0, start, count).copy_(p.add_(theirs, Numbers.One).mm(u).mul_(Numbers.Of(options.Scale)));
            });
            return [du.MoveToOuterDisposeScope(), null!];
        }
    }

    private sealed class OverFunction : autograd.SingleTensorFunction<OverFunction>
    {
        public override string Name => "LogSumExpOver";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, y, options, ids) = (((Tensor)vars[0]).detach(), ((Tensor)vars[1]).detach(), (OverOptions)vars[2], (Tensor[])vars[3]);
            var lse = empty(x.shape[0], x.dtype, x.device);
            var slopes = options.Direct ? empty(x.shape, x.dtype, x.device) : null;
            var vectors = slopes is not null && ids.Length == 0 && y.shape[0] > 0 && InVectors(x, options.TileRows);
            if (vectors)
            {
                using var inner = NewDisposeScope();
                Simd.CrossSoftmax.LogSums(
                    Values.Of(x.contiguous()), Values.Of(y.contiguous()), (int)x.shape[1], options.Scale, get_num_threads(),
                    Values.Of(lse), Values.Of(slopes!), Simd.SymmetricSoftmax.Bits, options.Unit,
                    options.Products == Products.BFloat16);
            }
            else
            {
                y = Rounded.Of(UnitRows.Of(y, options.Unit), options.Products);
            }

            Tiles(vectors ? 0 : x.shape[0], Rows(options.TileRows, y.shape[0]), (start, count) =>
            {
                var s = Similarities(x, y, options, ids, start, count);
                if (slopes is null)
                {
                    lse.narrow(0, start, count).copy_(Embeddings.LogSums(s));
                    return;
                }

                var highest = s.amax([1L], true).clamp_min(-1e38);
                var e = s.sub_(highest).exp_();
                var sums = e.sum(1, true);
                lse.narrow(0, start, count).copy_(sums.log().add_(highest, Numbers.One).squeeze(1));
                slopes.narrow(0, start, count).copy_(e.mm(y).div_(sums.clamp_min_(1)).mul_(Numbers.Of(options.Scale))); // a sum below 1 is one of nothing
            });
            lse.MoveToOuterDisposeScope();
            slopes?.MoveToOuterDisposeScope();
            Tensor[] mine = slopes is null ? [] : [slopes];
            ctx.save_for_backward(slopes is not null && !options.CandidatesLearn
                ? [.. mine]
                : [.. mine, x.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope(), lse, .. ids]);
            ctx.save_data("options", options);
            return lse;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var (saved, options) = (ctx.get_saved_variables(), (OverOptions)ctx.get_data("options"));
            var direct = options.Direct ? saved[0].mul(grad_output.unsqueeze(1)).MoveToOuterDisposeScope() : null;
            if (direct is not null && !options.CandidatesLearn)
            {
                return [direct, null!, null!, null!];
            }

            var first = options.Direct ? 1 : 0;
            var (x, y, ids) = (saved[first], saved[first + 1], saved.GetRange(first + 3, saved.Count - first - 3).ToArray());
            var lse = saved[first + 2].clamp_min(-1e38); // of a row without candidates: exp(-infinity - lse) must be 0
            var dx = options.AnchorsLearn && !options.Direct ? empty_like(x) : null;
            var dy = options.CandidatesLearn ? zeros(y.shape, y.dtype, y.device) : null; // in rows, however y lies
            if (direct is not null && dy is not null && options.Clip == 0 && ids.Length == 0 && x.numel() > 0 && y.numel() > 0 && InVectors(x, options.TileRows))
            {
                using var inner = NewDisposeScope();
                Simd.CrossSoftmax.Candidates(
                    Values.Of(x.contiguous()), Values.Of(y.contiguous()), (int)x.shape[1], options.Scale, get_num_threads(), Values.Of(lse.contiguous()),
                    Values.Of(grad_output.contiguous()), Values.Of(dy), Simd.SymmetricSoftmax.Bits);
                return [direct, dy.MoveToOuterDisposeScope(), null!, null!];
            }

            Tiles(x.shape[0], Rows(options.TileRows, y.shape[0]), (start, count) =>
            {
                var s = Similarities(x, y, options, ids, start, count);
                var p = s.sub(lse.narrow(0, start, count).unsqueeze(1)).exp_().mul_(grad_output.narrow(0, start, count).unsqueeze(1));
                if (options.Clip > 0)
                {
                    // The slope of the clip; excluded pairs, whose s is minus infinity, have p = 0 and must not meet it.
                    p.mul_(s.div_(Numbers.Of(options.Clip)).clamp_(-1, 1).pow_(2).neg_().add_(1));
                }

                dx?.narrow(0, start, count).copy_(p.mm(y).mul_(Numbers.Of(options.Scale)));
                dy?.add_(p.t().mm(x.narrow(0, start, count)), Numbers.Of(options.Scale));
            });
            return [direct ?? dx?.MoveToOuterDisposeScope()!, dy?.MoveToOuterDisposeScope()!, null!, null!];
        }

        private static Tensor Similarities(Tensor x, Tensor y, OverOptions options, Tensor[] ids, long start, long count)
        {
            var s = x.narrow(0, start, count).mm(y.t()).mul_(Numbers.Of(options.Scale));
            if (options.Clip > 0)
            {
                s.div_(Numbers.Of(options.Clip)).tanh_().mul_(Numbers.Of(options.Clip));
            }

            return ids.Length == 0 ? s : s.masked_fill_(ids[0].narrow(0, start, count).unsqueeze(1).eq(ids[1]), double.NegativeInfinity);
        }
    }
}
