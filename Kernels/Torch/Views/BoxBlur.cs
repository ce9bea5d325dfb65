using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Pillow's GaussianBlur: an axis is one product with the third power of a box's matrix; the formula is <see cref="Operation.BoxBlur"/>'s.</summary>
internal static class BoxBlur
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var s = p.Line(0).square().div_(Reference.BoxBlur.Passes);
        var whole = s.mul(12).add_(1).sqrt_().sub_(1).div_(2).floor_();
        var next = whole.add(1);
        var radius = whole.mul(next).sub_(s.mul(3)).mul_(whole.mul(2).add_(1)).div_(s.sub(next.square()).mul_(6)).add_(whole);
        var inner = radius.mul_(2).add_(1).reciprocal_();
        var outer = inner.mul(whole.mul(2).add_(1)).neg_().add_(1).div_(2);
        var rows = Three(whole, inner, outer, x.shape[2]);
        return Axes.Apply(x, rows, x.shape[3] == x.shape[2] ? rows : Three(whole, inner, outer, x.shape[3]));
    }

    private static Tensor Three(Tensor whole, Tensor inner, Tensor outer, long length)
    {
        var places = Axes.Numbers(0, length, whole.device);
        var rows = places.reshape(1, -1, 1);
        var once = Box(Distance.Of(rows.sub(places)), whole, inner, outer);
        if (length == 1)
        {
            return ones_like(once); // whatever the weights, they meet the same pixel
        }

        // The edge pixels stand for all beyond them.
        once.narrow(2, 0, 1).copy_(Tail(rows, whole, inner, outer));
        once.narrow(2, length - 1, 1).copy_(Tail(rows.neg().add_(length - 1), whole, inner, outer));
        return once.bmm(once).bmm(once);
    }

    /// <summary>The weight at a distance.</summary>
    private static Tensor Box(Tensor distance, Tensor whole, Tensor inner, Tensor outer) =>
        distance.le(whole).mul(inner).add_(distance.eq(whole.add(1)).mul(outer));

    /// <summary>All weights from a distance on, to one side.</summary>
    private static Tensor Tail(Tensor distance, Tensor whole, Tensor inner, Tensor outer) =>
        whole.add(1).sub(distance).clamp_min_(0).mul_(inner).add_(distance.le(whole.add(1)).mul(outer));
}
