using System;
using System.Threading;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The backward pass of a function whose gradient is written by hand. It records nothing, so it can be differentiated once: in a second pass it counts as a
/// constant. Who asks for a second pass (create_graph) reads <see cref="Asked"/> before and after, and knows whether what came back can be trusted.
/// </summary>
public static class Once
{
    private static long asked;

    /// <summary>How often a gradient written by hand was asked for in a way that would be differentiated again.</summary>
    public static long Asked => Interlocked.Read(ref asked);

    /// <summary>Begins a backward pass; disposing it ends it.</summary>
    internal static IDisposable Backward()
    {
        if (is_grad_enabled())
        {
            Interlocked.Increment(ref asked);
        }

        return no_grad();
    }
}
