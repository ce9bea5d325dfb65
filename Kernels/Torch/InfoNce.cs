using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// InfoNCE over given candidates: mean_i [ log sum_(c in C_i) exp(s_ic / t) - s_(i, own) / t ] (van den Oord et al. 2018, equation 4), in
/// O(N d) memory by <see cref="LogSumExp"/>. Methods differ in the candidates and in where gradient goes; <see cref="Reference.InfoNce"/>.
/// </summary>
public static class InfoNce
{
    /// <summary>
    /// MoCo (He et al. 2020, equation 1; facebookresearch/moco, builder.py): query i against its key and a queue of K past keys. Keys and
    /// queue carry no gradient. An empty queue (0 x d) gives 0.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes or types differ, the batch is empty, or the temperature is not positive.</exception>
    public static Tensor Queue(
        Tensor queries, Tensor keys, Tensor queue, double temperature, bool normalize, int tileRows = 0, Products products = Products.Full)
    {
        Embeddings.Check(queries, keys, temperature);
        Embeddings.Rows(queries, "queries", queue, "queue");
        using var scope = NewDisposeScope();
        var q = Rounded.Of(UnitRows.Of(queries, normalize), products);
        var own = q.mul(Rounded.Of(UnitRows.Of(keys.detach(), normalize), products)).sum(1).div(temperature);
        if (queue.shape[0] == 0)
        {
            return own.sub(own).mean().MoveToOuterDisposeScope();
        }

        var others = LogSumExp.Over(q, queue.detach(), 1 / temperature, tileRows: tileRows, unit: normalize, products: products);
        return own.logaddexp(others).sub(own).mean().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// One direction of MoCo v3 (Chen, Xie and He 2021, algorithm 1): query i against the N keys of the other view, times 2 t. Keys carry
    /// no gradient. All embeddings equal give 2 t log N.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes or types differ, the batch is empty, or the temperature is not positive.</exception>
    public static Tensor InBatch(Tensor queries, Tensor keys, double temperature, bool normalize, int tileRows = 0, Products products = Products.Full)
    {
        Embeddings.Check(queries, keys, temperature);
        using var scope = NewDisposeScope();
        var q = Rounded.Of(UnitRows.Of(queries, normalize), products);
        var k = Rounded.Of(UnitRows.Of(keys.detach(), normalize), products);
        var lse = LogSumExp.Over(q, k, 1 / temperature, tileRows: tileRows, products: products);
        return lse.sub(q.mul(k).sum(1).div(temperature)).mean().mul(2 * temperature).MoveToOuterDisposeScope();
    }

    /// <summary>MoCo v3's loss: the sum of both directions, q1 against k2 and q2 against k1.</summary>
    /// <exception cref="ArgumentException">As for one direction.</exception>
    public static Tensor Symmetric(Tensor q1, Tensor q2, Tensor k1, Tensor k2, double temperature, bool normalize)
    {
        using var scope = NewDisposeScope();
        return InBatch(q1, k2, temperature, normalize).add(InBatch(q2, k1, temperature, normalize)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The full softmax over a memory bank (Wu et al. 2018, equation 2; also CMC's and PIRL's cross-entropy form): row i against all n
    /// rows of the bank, of which indices[i] is its own. The bank carries no gradient and is taken as it is.
    /// </summary>
    /// <param name="rows">B x d.</param>
    /// <param name="bank">n x d.</param>
    /// <param name="indices">Int64, B, each below n.</param>
    /// <param name="temperature">Divides the similarities.</param>
    /// <param name="normalize">Whether the rows (not the bank) are divided by their lengths.</param>
    /// <param name="tileRows">Rows a tile, for tests; 0 leaves the choice.</param>
    /// <param name="products">The type of products.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, the bank is empty, or the temperature is not positive.</exception>
    public static Tensor Bank(
        Tensor rows, Tensor bank, Tensor indices, double temperature, bool normalize, int tileRows = 0, Products products = Products.Full)
    {
        Embeddings.Rows(bank, "bank", rows, "rows");
        using var scope = NewDisposeScope();
        return Chosen(Rounded.Of(UnitRows.Of(rows, normalize), products), bank.detach(), indices, temperature, tileRows, products).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// CPC's patch loss of one offset (van den Oord et al. 2018, section 3.3; Henaff et al. 2020, section 2): prediction i against all
    /// targets of the batch, dot products without temperature. Gradient reaches predictions and targets.
    /// </summary>
    /// <param name="predictions">S x d: one for each source position that has a target.</param>
    /// <param name="targets">B h w x d, flattened in that order.</param>
    /// <param name="positives">Int64, S: see <see cref="PatchLabels"/>.</param>
    /// <param name="tileRows">Rows a tile, for tests; 0 leaves the choice.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or there are no targets.</exception>
    public static Tensor Patches(Tensor predictions, Tensor targets, Tensor positives, int tileRows = 0)
    {
        Embeddings.Rows(targets, "targets", predictions, "predictions");
        using var scope = NewDisposeScope();
        return Chosen(predictions, targets, positives, 1, tileRows).MoveToOuterDisposeScope();
    }

    /// <summary>The targets of CPC's sources (b, i, j) with i + offset below the height: b h w + (i + offset) w + j, in the sources' order.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the offset is not from 1 to height - 1.</exception>
    public static long[] PatchLabels(int images, int height, int width, int offset)
    {
        if (images < 1 || width < 1 || offset < 1 || offset >= height)
        {
            throw new ArgumentException($"{images} images of {height} x {width} patches have no targets {offset} rows below: the offset must be from 1 to {height - 1}");
        }

        var labels = new long[images * (height - offset) * width];
        for (var s = 0; s < labels.Length; s++)
        {
            var within = s % ((height - offset) * width);
            labels[s] = ((long)(s / ((height - offset) * width)) * height * width) + (offset * width) + within;
        }

        return labels;
    }

    private static Tensor Chosen(Tensor x, Tensor y, Tensor indices, double temperature, int tileRows, Products products = Products.Full)
    {
        Embeddings.Rows(x, "rows", y, "candidates");
        Embeddings.Indices(indices, x.shape[0], "indices");
        Embeddings.Temperature(temperature);
        var own = x.mul(Rounded.Of(Embeddings.At(y, indices), products)).sum(1).div(temperature);
        return LogSumExp.Over(x, y, 1 / temperature, tileRows: tileRows, products: products).sub(own).mean();
    }
}
