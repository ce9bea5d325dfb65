using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Gaussians of each image's own width: two products with matrices of weights. With g(d) the weight at distance d, 0 beyond B / 2, and edges reflected, pixel j
/// counts g(j - y) + g(j + y) (j > 0, reflected at the start) + g(2 (H - 1) - j - y) (j below H - 1, reflected at the end) for output y.
/// </summary>
internal static class Blur
{
    /// <summary>In place of sigma 0: all weight on the pixel itself.</summary>
    private const double Least = 1e-12;

    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var rows = Matrix(p, x.shape[2]);
        return Axes.Apply(x, rows, x.shape[3] == x.shape[2] ? rows : Matrix(p, x.shape[3]));
    }

    private static Tensor Matrix(StepTable p, long length)
    {
        var (sigma, taps) = (p.Line(0).squeeze(2).clamp_min(Least), p.Line(1).squeeze(2));
        var distance = Axes.Numbers(1 - length, (2 * length) - 1, sigma.device).unsqueeze(0);
        var weights = distance.div(sigma).square().mul_(-0.5).exp_().mul_(Distance.Of(distance).mul_(2).lt(taps));
        weights.div_(weights.sum(1, true));
        var places = Axes.Numbers(0, length, sigma.device, ScalarType.Int64);
        var matrix = weights.index(TensorIndex.Slice(), TensorIndex.Tensor(places.sub(places.unsqueeze(1)).add_(length - 1))); // g(j - y)
        if (length > 1)
        {
            var far = weights.narrow(1, length - 1, length);
            far = cat([far, zeros_like(far.narrow(1, 1, length - 1))], 1); // g(0), g(1), .., then 0
            matrix.narrow(2, 1, length - 1).add_(far.unfold(1, length, 1).narrow(2, 1, length - 1));
            matrix.narrow(2, 0, length - 1).add_(Mirror.Last(far).unfold(1, length, 1).narrow(2, 0, length - 1));
        }

        return matrix;
    }
}
