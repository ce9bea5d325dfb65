using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// NT-Xent (Chen et al. 2020, equation 1) with a hand-written gradient, on any device. The 2N x 2N matrix of similarities is
/// walked in tiles of rows and never stored: value and gradient come from one sweep, in O(N d) memory beside a tile.
/// </summary>
public static class NtXent
{
    /// <summary>Values of a tile: 1 MiB of float32, which stays in a core's cache between its products.</summary>
    public const int TileValues = 1 << 18;

    /// <summary>The loss of N pairs of embeddings, a scalar; see <see cref="Reference.NtXent"/> for the formula.</summary>
    /// <param name="a">First views, N x d, float32 or float64.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="temperature">Divides the similarities; no unit.</param>
    /// <param name="normalize">Cosines if true, dot products if not.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, the batch is empty, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize) =>
        Loss(a, b, temperature, normalize, (int)Math.Clamp(TileValues / Math.Max(1, 2 * a.shape[0]), 1, int.MaxValue));

    /// <summary>The loss with a chosen number of rows a tile, for tests of tile boundaries.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize, int tileRows)
    {
        Embeddings.Check(a, b, temperature);
        return Function.apply(a, b, temperature, normalize, tileRows);
    }

    /// <summary>
    /// SimCLR's monitors, without gradient: the share of first views whose most similar second view is their own, and the mean entropy
    /// in nats of the softmax over the N second views (google-research/simclr, model.py).
    /// </summary>
    public static (double Accuracy, double Entropy) Monitor(Tensor a, Tensor b, double temperature, bool normalize)
    {
        Embeddings.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var u = normalize ? a.div(Embeddings.Lengths(a)) : a;
        var v = normalize ? b.div(Embeddings.Lengths(b)) : b;
        var logits = u.mm(v.t()).div_(temperature);
        var own = arange(a.shape[0], int64, a.device);
        var accuracy = logits.argmax(1).eq(own).to_type(ScalarType.Float64).mean().item<double>();
        var logs = nn.functional.log_softmax(logits, 1);
        var entropy = logs.exp().mul_(logs).sum(1).neg_().to_type(ScalarType.Float64).mean().item<double>();
        return (accuracy, entropy);
    }

    private static (Tensor Loss, Tensor A, Tensor B) Sweep(Tensor a, Tensor b, double temperature, bool normalize, int tileRows)
    {
        using var scope = NewDisposeScope();
        var n = a.shape[0];
        var rows = 2 * n;
        var z = cat([a, b], 0);
        var lengths = normalize ? Embeddings.Lengths(z) : ones([rows, 1], z.dtype, z.device);
        var u = normalize ? z.div(lengths) : z;
        var others = u.roll(n, 0);
        var du = zeros_like(u);
        var loss = u.mul(others).sum().div_(-temperature);
        for (long start = 0; start < rows; start += tileRows)
        {
            using var tileScope = NewDisposeScope();
            var count = Math.Min(tileRows, rows - start);
            var tile = u.narrow(0, start, count);
            var p = tile.mm(u.t()).div_(temperature);
            p.diagonal((int)start).narrow(0, 0, count).fill_(double.NegativeInfinity); // an anchor is not its own candidate
            var max = p.amax([1L], true);
            p.sub_(max).exp_();
            var sum = p.sum(1, true);
            loss.add_(sum.log().add_(max).sum());
            p.div_(sum);
            du.narrow(0, start, count).add_(p.mm(u));
            du.addmm_(p.t(), tile, 1, 1);
        }

        // Each row meets its other view twice: as anchor and as candidate.
        var gradient = du.add_(others, -2).div_(rows * temperature);
        var dz = normalize ? Embeddings.ThroughLength(u, gradient, lengths) : gradient;
        return (loss.div_(rows).MoveToOuterDisposeScope(),
            dz.narrow(0, 0, n).clone().MoveToOuterDisposeScope(),
            dz.narrow(0, n, n).clone().MoveToOuterDisposeScope());
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => "NtXent";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (loss, a, b) = Sweep((Tensor)vars[0], (Tensor)vars[1], (double)vars[2], (bool)vars[3], (int)vars[4]);
            ctx.save_for_backward([a, b]);
            return loss;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            return [saved[0].mul(grad_output), saved[1].mul(grad_output), null!, null!, null!];
        }
    }
}
