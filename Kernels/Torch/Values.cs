using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A tensor's memory as numbers.</summary>
internal static class Values
{
    /// <summary>The values of a contiguous float32 tensor on the CPU, in place.</summary>
    public static Span<float> Of(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);
}
