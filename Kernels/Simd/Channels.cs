using System;

namespace Vantage.Kernels.Simd;

/// <summary>Planes copied to other places, from the front to the back: drops, shuffles and selections.</summary>
internal static class Channels
{
    /// <summary>New plane c is the old plane sources[c], or zeros for -1.</summary>
    internal static void Apply(Scratch scratch, ReadOnlySpan<int> sources)
    {
        var (source, result) = (scratch.Front, scratch.Back);
        result.Resize(sources.Length, source.Height, source.Width);
        for (var c = 0; c < sources.Length; c++)
        {
            if (sources[c] < 0)
            {
                result.Plane(c)[..result.Pixels].Clear();
            }
            else
            {
                source.Plane(sources[c])[..source.Pixels].CopyTo(result.Plane(c));
            }
        }

        scratch.Swap();
    }
}
