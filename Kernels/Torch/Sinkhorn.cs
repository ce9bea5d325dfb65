using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Balanced assignments on any device; see <see cref="Reference.Sinkhorn"/> for the loop and its source.</summary>
public static class Sinkhorn
{
    /// <summary>Codes of B images over K prototypes, B x K, without gradient. Rows sum to 1, columns come near B / K.</summary>
    /// <param name="scores">B x K, float32 or float64.</param>
    /// <param name="epsilon">Weight of the entropy; 0.05.</param>
    /// <param name="iterations">3.</param>
    /// <exception cref="ArgumentException">Scores are not B x K, epsilon is not positive and finite, or there is no iteration.</exception>
    public static Tensor Codes(Tensor scores, double epsilon, int iterations)
    {
        Embeddings.Rows(scores, "scores", scores, "scores");
        Reference.Sinkhorn.Check(scores.numel(), scores.shape[0], epsilon, iterations);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        if (Values.InVectors(scores))
        {
            var (from, codes) = (scores.contiguous(), empty(scores.shape, scores.dtype, scores.device));
            Simd.BalancedCodes.Of(Values.Of(from), (int)scores.shape[1], epsilon, iterations, get_num_threads(), Values.Of(codes), Simd.SymmetricSoftmax.Bits);
            return codes.MoveToOuterDisposeScope();
        }

        var q = scores.sub(scores.amax([0L, 1L], true)).div_(epsilon).exp_();

        // Rows and columns are only ever scaled: their factors change, the matrix is read. The last factors of rows leave sums of 1.
        var columns = ones(q.shape[1], q.dtype, q.device);
        var rows = ones(q.shape[0], q.dtype, q.device);
        for (var i = 0; i < iterations; i++)
        {
            columns = q.t().mv(rows).clamp_min_(Least).mul_(q.shape[1]).reciprocal_();
            rows = q.mv(columns).clamp_min_(Least).mul_(i + 1 < iterations ? q.shape[0] : 1).reciprocal_();
        }

        return q.mul_(columns).mul_(rows.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    // A prototype so far from every image that all its entries underflow stays empty.
    private const double Least = 1e-37;
}
