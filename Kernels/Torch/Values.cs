using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A tensor's memory as numbers.</summary>
internal static class Values
{
    /// <summary>Whether a tensor is float32 on the CPU of a machine with vectors that pay.</summary>
    public static bool InVectors(Tensor t) =>
        t.device_type == TorchSharp.DeviceType.CPU && t.dtype == ScalarType.Float32 && Simd.SymmetricSoftmax.Bits > 0;

    /// <summary>The integers of a contiguous int64 tensor on the CPU, in place.</summary>
    public static Span<long> LongsOf(Tensor t) => MemoryMarshal.Cast<byte, long>(t.bytes);

    /// <summary>The values of a contiguous float32 tensor on the CPU, in place.</summary>
    public static Span<float> Of(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);
}
