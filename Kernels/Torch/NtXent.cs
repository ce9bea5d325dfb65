using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// NT-Xent (Chen et al. 2020, equation 1), exact, on any device: the 2N x 2N matrix of similarities is walked in tiles by
/// <see cref="LogSumExp"/> and never stored.
/// </summary>
public static class NtXent
{
    /// <summary>The loss of N pairs of embeddings, a scalar; see <see cref="Reference.NtXent"/> for the formula.</summary>
    /// <param name="a">First views, N x d, float32 or float64.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="temperature">Divides the similarities; no unit.</param>
    /// <param name="normalize">Cosines if true, dot products if not (which must stay finite in the embeddings' type).</param>
    /// <exception cref="ArgumentException">Shapes or types differ, the batch is empty, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize) => Loss(a, b, temperature, normalize, 0);

    /// <summary>The loss by tensors with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize, int tileRows) => Loss(a, b, temperature, normalize, Products.Full, tileRows);

    /// <summary>The loss of embeddings whose products are of this type.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, bool normalize, Products products, int tileRows = 0)
    {
        Embeddings.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        var u = Rounded.Of(UnitRows.Of(cat([a, b], 0), normalize), products);

        // Rounding may lengthen a row by 2^-8 of itself, and a product by twice that.
        var bound = products == Products.Full ? 1 / temperature : 1.01 / temperature;
        var lse = LogSumExp.Among(u, 1 / temperature, u.shape[0], normalize ? bound : double.NaN, tileRows, products);
        return lse.sub(Positives(u).div(temperature).repeat(2)).mean().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// SimCLR's monitors, without gradient: the share of first views whose most similar second view is their own, and the mean entropy
    /// in nats of the softmax over the N second views (google-research/simclr, model.py). In tiles, O(N d) memory.
    /// </summary>
    public static (double Accuracy, double Entropy) Monitor(Tensor a, Tensor b, double temperature, bool normalize) =>
        Monitor(a, b, temperature, normalize, 0);

    /// <summary>The monitors with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static (double Accuracy, double Entropy) Monitor(Tensor a, Tensor b, double temperature, bool normalize, int tileRows)
    {
        Embeddings.Check(a, b, temperature);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (u, v) = (UnitRows.Of(a, normalize), UnitRows.Of(b, normalize));
        var own = arange(a.shape[0], int64, a.device);
        var sums = zeros(2, ScalarType.Float64, a.device);
        LogSumExp.Tiles(a.shape[0], LogSumExp.Rows(tileRows, a.shape[0]), (start, count) =>
        {
            var logits = u.narrow(0, start, count).mm(v.t()).div_(temperature);
            var right = logits.argmax(1).eq(own.narrow(0, start, count)).to_type(ScalarType.Float64).sum();
            var logs = nn.functional.log_softmax(logits, 1);
            var entropy = logs.exp().mul_(logs).to_type(ScalarType.Float64).sum().neg_();
            sums.add_(stack([right, entropy]));
        });
        sums.div_(a.shape[0]);
        return (sums[0].item<double>(), sums[1].item<double>());
    }

    /// <summary>The N similarities of rows 0 .. N - 1 with rows N .. 2N - 1.</summary>
    internal static Tensor Positives(Tensor u)
    {
        var n = u.shape[0] / 2;
        return u.narrow(0, 0, n).mul(u.narrow(0, n, n)).sum(1);
    }
}
