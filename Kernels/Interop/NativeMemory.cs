using System;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Interop;

/// <summary>
/// Tells glibc to keep freed memory. A training step frees and asks again for the same few hundred MiB; by default blocks of this size go
/// back to the kernel each time and come back as zeroed pages, which took a quarter of a step on two cores.
/// </summary>
internal static partial class NativeMemory
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    /// <summary>Sets the allocator up. Elsewhere than on glibc it does nothing: other allocators keep memory by themselves.</summary>
    public static void Keep()
    {
        try
        {
            Set(ArenaMax, 1); // the other arenas' heaps end at 64 MiB
            Set(MmapThreshold, 32 << 20); // glibc's largest value
            Set(TrimThreshold, int.MaxValue);
            Set(TopPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
