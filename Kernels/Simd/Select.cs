using System;

namespace Vantage.Kernels.Simd;

/// <summary>Keeps some planes.</summary>
internal static class Select
{
    internal static void Apply(Scratch scratch, int first, int count)
    {
        Span<int> sources = count <= 64 ? stackalloc int[count] : new int[count];
        for (var c = 0; c < count; c++)
        {
            sources[c] = first + c;
        }

        Channels.Apply(scratch, sources);
    }
}
