using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>RGB to CIE Lab, each channel by its range to [0, 1]; the constants are <see cref="Reference.Lab"/>'s.</summary>
internal static class Lab
{
    internal static Tensor Apply(Tensor x)
    {
        var linear = Choose.Of(x.gt(0.04045), x.add(0.055).div_(1.055).pow_(2.4), x.div(12.92));
        var (r, g, b) = (linear.select(1, 0), linear.select(1, 1), linear.select(1, 2));
        var fx = Root(Mix(r, g, b, 0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047));
        var fy = Root(Mix(r, g, b, 0.212671, 0.715160, 0.072169));
        var fz = Root(Mix(r, g, b, 0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883));
        x.select(1, 0).copy_(fy).mul_(1.16).sub_(0.16);
        x.select(1, 1).copy_(fx).sub_(fy).mul_(500 / 184.416).add_(86.183 / 184.416);
        x.select(1, 2).copy_(fy).sub_(fz).mul_(200 / 202.335).add_(107.857 / 202.335);
        return x.clamp_(0, 1);
    }

    private static Tensor Mix(Tensor r, Tensor g, Tensor b, double red, double green, double blue) => r.mul(red).add_(g, alpha: green).add_(b, alpha: blue);

    private static Tensor Root(Tensor t) => Choose.Of(t.gt(0.008856), t.pow(1.0 / 3), t.mul(7.787).add_(16.0 / 116));
}
