using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A times the length of the grey's gradient by Sobel's kernels, edges repeated, clamped, in every channel, in place.</summary>
internal static class Sobel
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var grey = Repeat(Repeat(Grey.Of(x), 2), 3);
        var gx = Differ(Smooth(grey, 2), 3);
        var gy = Differ(Smooth(grey, 3), 2);
        return x.copy_(gx.mul_(gx).add_(gy.mul_(gy)).sqrt_().mul_(p.A).clamp_max_(1));
    }

    /// <summary>The first and the last line along an axis once more.</summary>
    private static Tensor Repeat(Tensor x, int axis) => cat([x.narrow(axis, 0, 1), x, x.narrow(axis, x.shape[axis] - 1, 1)], axis);

    /// <summary>Weights 1, 2, 1 along an axis.</summary>
    private static Tensor Smooth(Tensor x, int axis)
    {
        var length = x.shape[axis] - 2;
        return x.narrow(axis, 0, length).add(x.narrow(axis, 1, length), alpha: 2).add_(x.narrow(axis, 2, length));
    }

    /// <summary>The line after less the line before.</summary>
    private static Tensor Differ(Tensor x, int axis) => x.narrow(axis, 2, x.shape[axis] - 2).sub(x.narrow(axis, 0, x.shape[axis] - 2));
}
