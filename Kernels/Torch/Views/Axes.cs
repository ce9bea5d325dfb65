using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Linear maps of rows and columns: what crops and blurs are. Products of float32, so libtorch's TF32 setting holds for them on a GPU; it is off by default.</summary>
internal static class Axes
{
    /// <summary>rows x columns^T for every channel of every image, clamped: weights sum to 1 only up to rounding, and those of bicubic crops may be negative.</summary>
    /// <param name="x">n x C x H x W.</param>
    /// <param name="rows">n x h x H.</param>
    /// <param name="columns">n x w x W.</param>
    /// <returns>n x C x h x w.</returns>
    internal static Tensor Apply(Tensor x, Tensor rows, Tensor columns)
    {
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var (outHeight, outWidth) = (rows.shape[1], columns.shape[1]);
        var wide = x.reshape(n, channels * height, width).bmm(columns.transpose(1, 2)).reshape(n * channels, height, outWidth);
        var each = rows.unsqueeze(1).expand(n, channels, outHeight, height).reshape(n * channels, outHeight, height);
        return each.bmm(wide).clamp_(0, 1).reshape(n, channels, outHeight, outWidth);
    }

    /// <summary>start, start + 1, .. as float32 on a device.</summary>
    internal static Tensor Numbers(long start, long count, Device device, ScalarType type = ScalarType.Float32) =>
        arange(start, start + count, type, device);
}
