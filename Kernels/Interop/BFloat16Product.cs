using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vantage.Kernels.Interop;

/// <summary>
/// libtorch's product of small bfloat16 matrices with float32 sums (at::native::cpublas::brgemm, which its attention is made of): .NET has no instruction for it.
/// It is called where the processor multiplies bfloat16 and this libtorch exports it; elsewhere <see cref="Available"/> is false.
/// </summary>
internal static unsafe class BFloat16Product
{
    private const string Symbol = "_ZN2at6native7cpublas6brgemmEllllllbPKN3c108BFloat16ES5_Pfb";
    private const string Release = "_ZN2at6native7cpublas14brgemm_releaseEb";

    private static readonly Lazy<(nint Multiply, nint Release)> Entries = new(Find);

    /// <summary>Whether products can be asked for.</summary>
    public static bool Available => Entries.Value.Multiply != 0;

    /// <summary>
    /// c (+)= a b. a is rows x depth, row-major; b is depth x columns in pairs of rows, [depth / 2][bColumns][2], depth even; c is row-major float32.
    /// </summary>
    public static void Multiply(int rows, int columns, int depth, int aRow, int bColumns, int cRow, bool add, ushort* a, ushort* b, float* c)
    {
        var multiply = (delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void>)Entries.Value.Multiply;
        multiply(rows, columns, depth, aRow, bColumns, cRow, add ? (byte)1 : (byte)0, a, b, c, 1);
    }

    /// <summary>Ends a thread's products: what the processor keeps for them is given back.</summary>
    public static void Done() => ((delegate* unmanaged<byte, void>)Entries.Value.Release)(1);

    private static (nint Multiply, nint Release) Find()
    {
        // oneDNN asks the processor too, but answers a processor that has no such product by an exception of C++, which would end the process.
        var limited = Environment.GetEnvironmentVariable("ONEDNN_MAX_CPU_ISA") ?? Environment.GetEnvironmentVariable("DNNL_MAX_CPU_ISA");
        if (!OperatingSystem.IsLinux() || !X86Base.X64.IsSupported || !Vector512.IsHardwareAccelerated || limited is not null
            || (X86Base.CpuId(7, 1).Eax & (1 << 5)) == 0)
        {
            return default;
        }

        NativeLibraries.Load();
        return NativeLibrary.TryLoad(Path.Combine(NativeLibraries.Folder, "libtorch_cpu.so"), out var libtorch)
            && NativeLibrary.TryGetExport(libtorch, Symbol, out var multiply) && NativeLibrary.TryGetExport(libtorch, Release, out var release)
            ? (multiply, release)
            : default;
    }
}
