using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Codes shared out evenly over prototypes (Caron et al. 2020, equation 3; facebookresearch/swav, main_swav.py, distributed_sinkhorn).</summary>
public static class Sinkhorn
{
    /// <summary>
    /// Codes of B images over K prototypes, B x K, without gradient: exp (scores / epsilon), then for each iteration prototypes scaled to 1 / K and images to 1 / B.
    /// The last step is the images': each row sums to 1.
    /// </summary>
    /// <param name="scores">B x K.</param>
    /// <param name="epsilon">Weight of the entropy; 0.05.</param>
    /// <param name="iterations">3.</param>
    public static Tensor Codes(Tensor scores, double epsilon, int iterations)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var q = scores.div(epsilon);
        q = q.sub(q.amax([0L, 1L], true)).exp_();
        q.div_(q.sum());
        for (var i = 0; i < iterations; i++)
        {
            q.div_(q.sum(0L, true)).div_(q.shape[1]);
            q.div_(q.sum(1L, true)).div_(q.shape[0]);
        }

        return q.mul_(q.shape[0]).MoveToOuterDisposeScope();
    }
}
