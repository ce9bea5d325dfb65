using System;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Simd;

/// <summary>Zeros at an address divisible by 64, outside the garbage collector's heap.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>So many float32.</summary>
    public NativeBuffer(long count)
    {
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(float)), 64);
        NativeMemory.Clear(Pointer, (nuint)(count * sizeof(float)));
    }

    /// <summary>Frees what nobody disposed of.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The first value.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
