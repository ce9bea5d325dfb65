using System;
using System.Collections.Generic;
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

    [ThreadStatic]
    private static int releasing;

    // What the last function of this thread handed to autograd, which holds references of its own since.
    [ThreadStatic]
    private static List<Tensor>? handed;

    /// <summary>How often a gradient written by hand was asked for in a way that would be differentiated again.</summary>
    public static long Asked => Interlocked.Read(ref asked);

    /// <summary>
    /// Until it is disposed, each function whose backward pass runs on this thread forgets what it saved as soon as it has used it, as libtorch's own functions do: the maps
    /// of a network's layers die on the way back, not with the step. Their graph can then be gone through once; who needs it twice (retain_graph) asks outside of this.
    /// </summary>
    public static IDisposable Releasing()
    {
        releasing++;
        return new Release();
    }

    /// <summary>Begins a backward pass; disposing it ends it.</summary>
    internal static IDisposable Backward()
    {
        handed?.ForEach(t => t.Dispose());
        handed?.Clear();
        if (is_grad_enabled())
        {
            Interlocked.Increment(ref asked);
        }

        return no_grad();
    }

    /// <summary>Ends the use of a function's slope and of what it saved, and hands its gradients over; their handles live until the next function's backward pass.</summary>
    internal static List<Tensor> Hand(autograd.AutogradContext ctx, Tensor slope, List<Tensor> gradients)
    {
        slope.Dispose();
        if (releasing > 0)
        {
            ctx.Dispose();
        }

        (handed ??= []).AddRange(gradients.FindAll(t => t is not null));
        return gradients;
    }

    private sealed class Release : IDisposable
    {
        private bool _done;

        public void Dispose()
        {
            releasing -= _done ? 0 : 1;
            _done = true;
        }
    }
}
