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
    private static readonly Lazy<nint> Start = new(Find);

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
        else if (Start.Value == 0)
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        }
        else
        {
            var work = new Work(count, body);
            var handle = GCHandle.Alloc(work);
            try
            {
                var start = (delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<void*, void>, void*, uint, uint, void>)Start.Value;
                start(&Take, (void*)GCHandle.ToIntPtr(handle), (uint)Math.Min(threads, count), 0);
            }
            finally
            {
                handle.Free();
            }

            work.Failure?.Throw();
        }
    }

    // GNU's library alone has this entry; elsewhere the pool does.
    private static nint Find() =>
        NativeLibraries.OpenMp != 0 && NativeLibrary.TryGetExport(NativeLibraries.OpenMp, "GOMP_parallel", out var entry) ? entry : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Take(void* work) => ((Work)GCHandle.FromIntPtr((nint)work).Target!).Take();

    private sealed class Work(int count, Action<int> body)
    {
        private int _next = -1;

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Take()
        {
            try
            {
                for (var i = Interlocked.Increment(ref _next); i < count && Failure is null; i = Interlocked.Increment(ref _next))
                {
                    body(i);
                }
            }
            catch (Exception e) // none may cross OpenMP's frames
            {
                Failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
