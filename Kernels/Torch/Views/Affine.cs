using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Bilinear resampling by each image's own affine map; what lies outside counts as G: the image gets a border of one pixel of that value, and what looks
/// further out looks there. Places are float64, because those of some hundred pixels lose 1e-5 in float32; pixels and weights are float32.
/// </summary>
internal static class Affine
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var framed = p.Column(6).expand(n, channels, height + 2, width + 2).contiguous();
        framed.narrow(2, 1, height).narrow(3, 1, width).copy_(x);
        framed = framed.reshape(n, channels, (height + 2) * (width + 2));

        var u = Axes.Numbers(0, width, x.device, ScalarType.Float64).add_(0.5 - (width / 2.0)).reshape(1, 1, -1);
        var v = Axes.Numbers(0, height, x.device, ScalarType.Float64).add_(0.5 - (height / 2.0)).reshape(1, -1, 1);
        var (left, right, across) = Split(Place(p, 0, u, v, width), width);
        var (top, bottom, down) = Split(Place(p, 3, u, v, height), height);
        Tensor At(Tensor row, Tensor column) => framed
            .gather(2, row.mul(width + 2).add_(column).reshape(n, 1, height * width).expand(n, channels, height * width))
            .reshape(n, channels, height, width);

        var upper = Between(At(top, left), At(top, right), across);
        var lower = Between(At(bottom, left), At(bottom, right), across);
        return Between(upper, lower, down).clamp_(0, 1);
    }

    /// <summary>Where each output pixel looks along one axis, in pixels from the first one's centre.</summary>
    private static Tensor Place(StepTable p, int first, Tensor u, Tensor v, long length)
    {
        Tensor Value(int k) => p.Line(first + k).to_type(ScalarType.Float64);
        return Value(0).mul(u).add(Value(1).mul(v)).add_(Value(2).add_((length / 2.0) - 0.5));
    }

    /// <summary>The pixels before and after a place, counted in the image with its border, and the weight of the one after.</summary>
    private static (Tensor Before, Tensor After, Tensor Weight) Split(Tensor place, long length)
    {
        var before = place.floor();
        var weight = place.sub_(before).to_type(ScalarType.Float32).unsqueeze(1);
        before.add_(1);
        return (before.clamp(0, length + 1).to_type(ScalarType.Int64), before.add(1).clamp_(0, length + 1).to_type(ScalarType.Int64), weight);
    }

    private static Tensor Between(Tensor a, Tensor b, Tensor weight) => b.sub_(a).mul_(weight).add_(a);
}
