using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Noise-contrastive estimation against a memory bank, as instance discrimination has it (Wu et al. 2018, section 3.2;
/// zhirongw/lemniscate.pytorch, NCECriterion.py); CMC adds two such terms, PIRL mixes two. <see cref="Reference.NoiseContrast"/>.
/// </summary>
public static class NoiseContrast
{
    /// <summary>
    /// Dot products of rows with rows of a bank: scores[i, j] = rows_i . bank_(indices[i, j]), B x (1 + m), in tiles of anchors. The bank
    /// carries no gradient. By convention column 0 is the positive.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    public static Tensor Scores(Tensor rows, Tensor bank, Tensor indices)
    {
        Embeddings.Rows(bank, "bank", rows, "rows");
        if (indices.dim() != 2 || indices.shape[0] != rows.shape[0] || indices.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"indices are {indices.dtype} of [{string.Join(", ", indices.shape)}]; needed is int64 of {rows.shape[0]} rows");
        }

        using var scope = NewDisposeScope();
        return Gather.apply(rows, bank, indices).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// log Z, without gradient: Z is n times the mean of exp(s / t) over all scores of the first batch, and constant from then on.
    /// </summary>
    public static Tensor LogNormaliser(Tensor scores, double temperature, long bankRows)
    {
        Embeddings.Temperature(temperature);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var z = Embeddings.LogSums(scores.reshape(1, -1).div(temperature)).squeeze(0).add_(Math.Log((double)bankRows / scores.numel()));
        return z.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// mean_i [ softplus(-x_i0) + sum_(j = 1..m) softplus(x_ij) ] with x = s / t - log Z - log(m / n): the positive told from m noise
    /// rows drawn evenly from n. The official code's 1e-7 in the denominator is left out.
    /// </summary>
    /// <param name="scores">B x (1 + m), the positive first.</param>
    /// <param name="logNormaliser">log Z, a scalar tensor.</param>
    /// <param name="temperature">Divides the scores.</param>
    /// <param name="bankRows">n.</param>
    /// <exception cref="ArgumentException">There is no noise, or the temperature is not positive.</exception>
    public static Tensor Loss(Tensor scores, Tensor logNormaliser, double temperature, long bankRows)
    {
        Embeddings.Temperature(temperature);
        if (scores.dim() != 2 || scores.shape[0] < 1 || scores.shape[1] < 2 || bankRows < 1)
        {
            throw new ArgumentException($"scores of [{string.Join(", ", scores.shape)}] over a bank of {bankRows} rows: needed are a positive and at least one noise score for each row");
        }

        using var scope = NewDisposeScope();
        var noise = scores.shape[1] - 1;
        var x = scores.div(temperature).sub(logNormaliser).sub(Math.Log((double)noise / bankRows));
        var positive = Softplus(x.narrow(1, 0, 1).neg()).sum();
        return positive.add(Softplus(x.narrow(1, 1, noise)).sum()).div(scores.shape[0]).MoveToOuterDisposeScope();
    }

    /// <summary>PIRL's sum form, which needs no normaliser: mean_i [ softplus(N_i - x_i0) + sum_(j = 1..m) softplus(x_ij - N_i) ] with x = s / t and N_i the log-sum-exp of x_i1 to x_im.</summary>
    /// <param name="scores">B x (1 + m), the positive first; float32 or float64.</param>
    /// <param name="temperature">Divides the scores.</param>
    /// <exception cref="ArgumentException">There is no noise, or the temperature is not positive.</exception>
    public static Tensor Sum(Tensor scores, double temperature)
    {
        Embeddings.Temperature(temperature);
        if (scores.dim() != 2 || scores.shape[0] < 1 || scores.shape[1] < 2)
        {
            throw new ArgumentException($"scores of [{string.Join(", ", scores.shape)}]: needed are a positive and at least one noise score for each row");
        }

        return WithGradient.Of(
            inputs =>
            {
                var (rows, noise) = (inputs[0].shape[0], inputs[0].shape[1] - 1);
                var x = inputs[0].div(temperature);
                var others = x.narrow(1, 1, noise);
                var log = Embeddings.LogSums(others).unsqueeze(1);
                var positive = log.sub(x.narrow(1, 0, 1));
                var apart = others.sub(log);
                var loss = Softplus(positive).sum().add_(Softplus(apart).sum()).div_(rows);
                var (away, each) = (positive.sigmoid_(), apart.sigmoid());
                var slope = apart.exp_().mul_(away.sub(each.sum(1, true))).add_(each);
                return (loss, [cat([away.neg(), slope], 1).div_(temperature * rows)]);
            },
            scores);
    }

    /// <summary>CMC (Tian et al. 2020): each channel's scores against the other channel's bank, the sum of two losses with their own Z.</summary>
    public static Tensor Multiview(
        Tensor first, Tensor second, Tensor logFirst, Tensor logSecond, double temperature, long bankRows)
    {
        using var scope = NewDisposeScope();
        return Loss(first, logFirst, temperature, bankRows).add(Loss(second, logSecond, temperature, bankRows)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// PIRL (Misra and van der Maaten 2020, equation 5): share lambda on the transformed image's scores against the bank, the rest on the image's.
    /// </summary>
    /// <exception cref="ArgumentException">Lambda is not from 0 to 1, or as for the loss.</exception>
    public static Tensor Pretext(Tensor transformed, Tensor image, Tensor logNormaliser, double lambda, double temperature, long bankRows)
    {
        if (!(lambda >= 0 && lambda <= 1))
        {
            throw new ArgumentException($"a share of {lambda} for the transformed image is not from 0 to 1");
        }

        using var scope = NewDisposeScope();
        return Loss(transformed, logNormaliser, temperature, bankRows).mul(lambda)
            .add(Loss(image, logNormaliser, temperature, bankRows).mul(1 - lambda)).MoveToOuterDisposeScope();
    }

    // log(1 + e^x) with the gradient of the logistic function everywhere; torch's softplus drops digits above its threshold of 20.
    internal static Tensor Softplus(Tensor x) => x.logaddexp(zeros_like(x));

    private sealed class Gather : autograd.SingleTensorFunction<Gather>
    {
        public override string Name => "BankScores";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (rows, bank, indices) = (((Tensor)vars[0]).detach(), ((Tensor)vars[1]).detach(), (Tensor)vars[2]);
            var scores = empty(indices.shape[0], indices.shape[1], rows.dtype, rows.device);
            var vectors = Values.InVectors(rows) && bank.is_contiguous() && indices.is_contiguous() && indices.numel() > 0;
            if (vectors)
            {
                rows = rows.contiguous();
                Simd.BankProducts.Scores(
                    Values.Of(rows), Values.Of(bank), Values.LongsOf(indices), (int)rows.shape[1], get_num_threads(), Values.Of(scores), Simd.SymmetricSoftmax.Bits);
            }

            LogSumExp.Tiles(vectors ? 0 : rows.shape[0], LogSumExp.Rows(0, indices.shape[1] * rows.shape[1]), (start, count) =>
                scores.narrow(0, start, count).copy_(Chosen(bank, indices, start, count).matmul(rows.narrow(0, start, count).unsqueeze(2)).squeeze(2)));
            ctx.save_for_backward([rows.MoveToOuterDisposeScope(), bank.MoveToOuterDisposeScope(), indices]);
            return scores.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var once = Once.Backward();
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (rows, bank, indices) = (saved[0], saved[1], saved[2]);
            var gradient = empty_like(rows);
            if (Values.InVectors(rows) && bank.is_contiguous() && indices.is_contiguous() && indices.numel() > 0)
            {
                Simd.BankProducts.Gradient(
                    Values.Of(grad_output.contiguous()), Values.Of(bank), Values.LongsOf(indices), (int)rows.shape[1], get_num_threads(), Values.Of(gradient),
                    Simd.SymmetricSoftmax.Bits);
                return [gradient.MoveToOuterDisposeScope(), null!, null!];
            }

            LogSumExp.Tiles(rows.shape[0], LogSumExp.Rows(0, indices.shape[1] * rows.shape[1]), (start, count) =>
                gradient.narrow(0, start, count).copy_(grad_output.narrow(0, start, count).unsqueeze(1).matmul(Chosen(bank, indices, start, count)).squeeze(1)));
            return [gradient.MoveToOuterDisposeScope(), null!, null!];
        }

        private static Tensor Chosen(Tensor bank, Tensor indices, long start, long count) =>
            Embeddings.At(bank, indices.narrow(0, start, count));
    }
}
