using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Vantage.Kernels.Interop;

/// <summary>How glibc's allocator and OpenMP behave in this process; set before libtorch is loaded.</summary>
internal static partial class NativeSettings
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8, HugePages = 14, Blocks = 64;

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
            Reserve();
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
            Reserve();
        }
        catch (EntryPointNotFoundException)
        {
            // as above
        }
    }

    // Room in the heap that is not in memory yet, in large pages once it is, where the system gives them to who asks: maps of some MiB that are read in strides take hundreds of small
    // pages each, more than a processor keeps at hand. A step of ResNet-18 took 1 to 2 % less.
    private static unsafe void Reserve()
    {
        const int Block = 30 << 20;
        const nint Large = 2 << 20;
        var blocks = new List<nint>();
        while (blocks.Count < Blocks && Allocate(Block) is var block && block != 0)
        {
            blocks.Add(block);
            if (block - blocks[Math.Max(0, blocks.Count - 2)] is < 0 or > Block + Large)
            {
                break; // not the heap's end
            }
        }

        if (blocks.Count > 1)
        {
            var first = (blocks[0] + Large - 1) / Large * Large;
            _ = Advise(first, (nuint)((blocks[^2] + Block - first) / Large * Large), HugePages);
        }

        blocks.ForEach(Free);
    }

    [LibraryImport("libc", EntryPoint = "malloc")]
    private static partial nint Allocate(nuint size);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint block);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint from, nuint length, int how);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
