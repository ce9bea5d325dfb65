using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// AMDIM's local-global term (Bachman, Hjelm and Buchwalter 2019, section 3; Philip-Bachman/amdim-public, costs.py): the feature of one
/// image's view against the L locations of every image's other view. <see cref="Reference.LocalGlobal"/> has the formula.
/// </summary>
public static class LocalGlobal
{
    /// <summary>
    /// The mean over images b and locations l of log( exp s_(b,bl) + sum_(b' not b, l') exp s_(b,b'l') ) - s_(b,bl), where
    /// s = c tanh(a / c) and a = source . target / sqrt(d); and the mean of a squared, which the paper weighs by 0.05. Other
    /// locations of the same image are neither. Gradient reaches both sides.
    /// </summary>
    /// <param name="sources">B x d.</param>
    /// <param name="targets">B x L x d.</param>
    /// <param name="clip">c, 20 in the official code.</param>
    /// <param name="tileRows">Sources a tile, for tests; 0 leaves the choice.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or the clip is not positive.</exception>
    public static (Tensor Loss, Tensor Penalty) Loss(Tensor sources, Tensor targets, double clip, int tileRows = 0)
    {
        if (sources.dim() != 2 || targets.dim() != 3 || targets.shape[0] != sources.shape[0] || targets.shape[2] != sources.shape[1])
        {
            throw new ArgumentException($"sources and targets are [{string.Join(", ", sources.shape)}] and [{string.Join(", ", targets.shape)}]; needed are B x d and B x L x d");
        }

        if (!(clip > 0) || double.IsInfinity(clip))
        {
            throw new ArgumentException($"a clip of {clip} is not positive and finite");
        }

        using var scope = NewDisposeScope();
        var (images, locations, d) = (targets.shape[0], targets.shape[1], targets.shape[2]);
        var flat = targets.reshape(images * locations, d);
        Embeddings.Rows(flat, "targets", sources, "sources");
        var scale = 1 / Math.Sqrt(d);
        var ids = arange(images, int64, sources.device);
        var owners = ids.unsqueeze(1).expand(images, locations).reshape(images * locations);
        var others = LogSumExp.Over(sources, flat, scale, ids, owners, clip, tileRows);
        var own = targets.matmul(sources.unsqueeze(2)).squeeze(2).mul(scale).div(clip).tanh().mul(clip);
        var loss = own.logaddexp(others.unsqueeze(1)).sub(own).mean();

        // The mean of squares of all products is the product of the two sides' second moments.
        var moments = sources.t().mm(sources).mul(flat.t().mm(flat));
        var penalty = moments.sum().div((double)d * images * images * locations);
        return (loss.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope());
    }
}
