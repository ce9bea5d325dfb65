using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Reverses an axis: what torch.flip does, by operators that libtorch knows on the meta device too.</summary>
internal static class Mirror
{
    /// <summary>x from the last to the first along its last axis.</summary>
    internal static Tensor Last(Tensor x) => x.gather(-1, Backwards(x.size(-1), x.device).expand(x.shape));

    /// <summary>x, n x C x H x W, from its last to its first row.</summary>
    internal static Tensor Rows(Tensor x)
    {
        var (planes, height, width) = (x.shape[0] * x.shape[1], x.shape[2], x.shape[3]);
        var rows = Axes.Numbers(0, planes, x.device, ScalarType.Int64).mul_(height).unsqueeze(1).add(Backwards(height, x.device));
        return Choose.Images(x.reshape(planes * height, width), rows.flatten()).reshape(x.shape);
    }

    private static Tensor Backwards(long length, Device device) => arange(length - 1, -1, -1, ScalarType.Int64, device);
}
