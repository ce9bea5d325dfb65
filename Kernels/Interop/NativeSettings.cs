using System;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Interop;

/// <summary>How glibc's allocator and OpenMP behave in this process; set before libtorch is loaded.</summary>
internal static partial class NativeSettings
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    /// <summary>
    /// Freed memory is kept: a step frees and asks again for the same few hundred MiB, and by default blocks of that size go back to the
    /// kernel and return as zeroed pages, which took a quarter of a step on two cores. Waiting OpenMP threads look some 20 us for
    /// the next operation and then sleep. By default they spin for milliseconds, and take the core from whatever made them wait, the threads
    /// that make views among them: with one more busy thread on two cores a step took three times as long. If they sleep at once, each small
    /// operation wakes them: the sum of 131,072 values and its gradient took 170 us in place of 24. A setting that the user has made in the environment is left alone.
    /// </summary>
    public static void Apply()
    {
        try
        {
            SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", 0);
            SetEnvironment("GOMP_SPINCOUNT", "2000", 0);
            SetAllocator(ArenaMax, 1); // the other arenas' heaps end at 64 MiB
            SetAllocator(MmapThreshold, 32 << 20); // glibc's largest value
            SetAllocator(TrimThreshold, int.MaxValue);
            SetAllocator(TopPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt; its allocator takes no such settings
        }
    }

    /// <summary>Freed memory goes back to the system after all, where the allocator can do that.</summary>
    public static void GiveBack()
    {
        try
        {
            Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // as above
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
