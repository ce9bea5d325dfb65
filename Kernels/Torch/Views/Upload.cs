using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Numbers of the host on a device, without waiting for what the device still has to do.</summary>
internal static class Upload
{
    /// <summary>Values, one dimension.</summary>
    internal static Tensor Of(float[] values, Device device) => tensor(values).to(device, non_blocking: true);

    /// <summary>Whole numbers, one dimension.</summary>
    internal static Tensor Of(long[] values, Device device) => tensor(values).to(device, non_blocking: true);

    /// <summary>Numbers of images, as indices are.</summary>
    internal static Tensor Of(int[] values, Device device) => Of(Array.ConvertAll(values, i => (long)i), device);
}
