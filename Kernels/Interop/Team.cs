using System;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Vantage.Kernels.Interop;

/// <summary>
/// Loops over several cores on libtorch's own threads, OpenMP's. A kernel between two operations of libtorch finds them awake; the runtime's pool has to be woken,
/// and what still waits there afterwards takes a core from libtorch: on two cores a loss of 1,024 rows took twice as long.
/// </summary>
public static unsafe class Team
{
    private static readonly Lazy<(nint Parallel, nint Number)> Entries = new(Find);

    /// <summary>The body for every number from 0 below count, once each and in any order; the first failure is thrown again once all threads have ended.</summary>
    /// <param name="count">0 or more.</param>
    /// <param name="threads">At most so many, at least 1; inside another loop of a team, one.</param>
    /// <param name="body">What is done for a number; what it writes for one may not touch what it writes for another.</param>
    public static void For(int count, int threads, Action<int> body)
    {
        if (count < 2 || threads < 2)
        {
            for (var i = 0; i < count; i++)
            {
                body(i);
            }
        }
        else if (Entries.Value.Parallel == 0)
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        }
        else
        {
            threads = Math.Min(threads, count);
            var work = new Work(count, threads, body);
            var handle = GCHandle.Alloc(work);
            try
            {
                var start = (delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<void*, void>, void*, uint, uint, void>)Entries.Value.Parallel;
                start(&Take, (void*)GCHandle.ToIntPtr(handle), (uint)threads, 0);
            }
            finally
            {
                handle.Free();
            }

            work.Failure?.Throw();
        }
    }

    // GNU's library alone has this entry; elsewhere the pool does.
    private static (nint Parallel, nint Number) Find() =>
        NativeLibraries.OpenMp != 0 && NativeLibrary.TryGetExport(NativeLibraries.OpenMp, "GOMP_parallel", out var parallel)
        && NativeLibrary.TryGetExport(NativeLibraries.OpenMp, "omp_get_thread_num", out var number)
            ? (parallel, number)
            : default;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Take(void* work) =>
        ((Work)GCHandle.FromIntPtr((nint)work).Target!).Take(((delegate* unmanaged[Cdecl]<int>)Entries.Value.Number)());

    // A thread first takes the numbers of its own share, as libtorch's operations and oneDNN's share theirs out: what it wrote for the first images it reads again, from its own cache. Then
    // it helps the others.
    private sealed class Work(int count, int threads, Action<int> body)
    {
        private const int Apart = 16; // counters in lines of their own

        private readonly int[] _taken = new int[threads * Apart];

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Take(int thread)
        {
            try
            {
                for (var k = 0; k < threads; k++)
                {
                    var share = (thread + k) % threads;
                    var (first, end) = ((int)((long)count * share / threads), (int)((long)count * (share + 1) / threads));
                    ref var taken = ref _taken[share * Apart];
                    for (var i = first + Interlocked.Increment(ref taken) - 1; i < end && Failure is null; i = first + Interlocked.Increment(ref taken) - 1)
                    {
                        body(i);
                    }
                }
            }
            catch (Exception e) // none may cross OpenMP's frames
            {
                Failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
