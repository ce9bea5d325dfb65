using System;
using TorchSharp;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Numbers as libtorch takes them, which outlive the call that reads them. TorchSharp releases a <see cref="Scalar"/> by its finalizer and keeps none alive during the call: a collection that
/// another thread's allocations start in the middle of it can release a number that was made for the call alone, and libtorch reads another number, or none and ends the process.
/// </summary>
public static class Numbers
{
    // A call takes three at most.
    private const int Remembered = 64;

    [ThreadStatic]
    private static Scalar?[]? _made;

    [ThreadStatic]
    private static int _next;

    /// <summary>The factor of what is added whole, which TorchSharp makes anew for each sum where it is left out.</summary>
    public static Scalar One { get; } = 1;

    /// <summary>This number; it lives at least until its thread has made 64 more.</summary>
    /// <param name="value">Any value.</param>
    public static Scalar Of(double value)
    {
        Scalar number = value;
        var made = _made ??= new Scalar?[Remembered];
        made[_next] = number;
        _next = (_next + 1) % Remembered;
        return number;
    }
}
