using System.Collections.Generic;

namespace Vantage.Kernels.Simd;

/// <summary>The passes over the pixels of one image, in order, as the engine makes them: each is written down where it happens.</summary>
internal sealed class PassTrace
{
    private readonly List<string> passes = [];
    private readonly List<string> waiting = [];

    /// <summary>What was written down.</summary>
    public IReadOnlyList<string> Passes => passes;

    /// <summary>A step of single pixels that waits for the next pass.</summary>
    public void Wait(Operation operation) => waiting.Add(operation.ToString());

    /// <summary>A pass over all pixels does every step that waits, and what else it is for.</summary>
    public void End(string? purpose)
    {
        passes.Add(string.Join(", ", purpose is null ? waiting : [.. waiting, purpose]));
        waiting.Clear();
    }

    /// <summary>A pass of its own.</summary>
    public void Whole(string what) => passes.Add(what);
}
