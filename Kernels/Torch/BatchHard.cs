using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The batch-hard triplet loss on any device, with a hand-written gradient; see <see cref="Reference.BatchHard"/> for the formula. Distances are walked in tiles of rows and
/// never stored.
/// </summary>
public static class BatchHard
{
    // Below every distance between embeddings divided by the largest value among them, and below every such value that float32 tells from 0.
    private const double Least = 1e-30;

    /// <summary>The loss, a scalar.</summary>
    /// <param name="embeddings">n x d, float32 or float64.</param>
    /// <param name="images">Which image each is of: int64, n.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or, where that can be read without waiting for a device, all are of one image; elsewhere the loss is then not a number.</exception>
    public static Tensor Loss(Tensor embeddings, Tensor images) => Loss(embeddings, images, 0);

    /// <summary>The same with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor embeddings, Tensor images, int tileRows)
    {
        Embeddings.Check(embeddings, embeddings, 1);
        Embeddings.Indices(images, embeddings.shape[0], "images");
        using var scope = NewDisposeScope();
        var one = images.eq(images.narrow(0, 0, 1)).all();
        if (images.device_type == TorchSharp.DeviceType.CPU && one.item<bool>())
        {
            throw new ArgumentException($"all {images.shape[0]} embeddings are of one image: a triplet needs another one");
        }

        return WithGradient.Of(
            inputs =>
            {
                var scale = maximum(inputs[0], inputs[0].neg()).amax([0L, 1L]).clamp_min(Least); // so that squares of 1e30 stay finite
                var x = inputs[0].div(scale);
                var n = x.shape[0];
                var squares = x.square().sum(1);
                var (own, other) = (zeros(n, int64, x.device), zeros(n, int64, x.device));
                LogSumExp.Tiles(n, LogSumExp.Rows(tileRows, n), (start, count) =>
                {
                    var far = x.narrow(0, start, count).mm(x.t()).mul_(-2).add_(squares).add_(squares.narrow(0, start, count).unsqueeze(1));
                    far.diagonal(start).narrow(0, 0, count).fill_(0);
                    var mine = images.narrow(0, start, count).unsqueeze(1);
                    own.narrow(0, start, count).copy_(far.masked_fill(mine.ne(images), double.NegativeInfinity).argmax(1));
                    other.narrow(0, start, count).copy_(far.masked_fill(mine.eq(images), double.PositiveInfinity).argmin(1));
                });
                var pull = x.sub(Embeddings.At(x, own));
                var push = x.sub(Embeddings.At(x, other));
                var (furthest, nearest) = (pull.square().sum(1, true).sqrt_(), push.square().sum(1, true).sqrt_());
                var margin = furthest.sub(nearest).mul_(scale);
                var weight = margin.sigmoid().div_(n);
                pull.div_(furthest.clamp_min(Least)).mul_(weight); // a difference of 0 stays 0
                push.div_(nearest.clamp_min(Least)).mul_(weight);
                var gradient = pull.sub(push).index_add_(0, own, pull, -1).index_add_(0, other, push, 1);
                var loss = margin.clamp_min(0).add_(maximum(margin, margin.neg()).neg_().exp_().log1p_()).mean();
                return (loss.masked_fill(one, double.NaN), [gradient]);
            },
            embeddings).MoveToOuterDisposeScope();
    }
}
