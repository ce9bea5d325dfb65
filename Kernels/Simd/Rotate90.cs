using System;

namespace Vantage.Kernels.Simd;

/// <summary>Quarter turns from the front planes to the back ones; copying, no arithmetic.</summary>
internal static class Rotate90
{
    private const int Block = 32;

    internal static void Apply(Scratch scratch, int turns)
    {
        turns &= 3;
        var (source, result) = (scratch.Front, scratch.Back);
        var (height, width) = (source.Height, source.Width);
        result.Resize(source.Channels, turns % 2 == 0 ? height : width, turns % 2 == 0 ? width : height);
        // Where the first output pixel comes from, and how far one step right and one step down move there.
        var (start, right, down) = turns switch
        {
            1 => (width - 1, width, -1),
            2 => ((height * width) - 1, -1, -width),
            3 => ((height - 1) * width, -width, 1),
            _ => (0, 1, width),
        };
        for (var c = 0; c < source.Channels; c++)
        {
            ReadOnlySpan<float> from = source.Plane(c);
            var to = result.Plane(c);
            // Blocks, so that the lines of the source that a block of rows touches stay in the cache.
            for (var block = 0; block < result.Width; block += Block)
            {
                var end = Math.Min(block + Block, result.Width);
                for (var y = 0; y < result.Height; y++)
                {
                    var at = start + (y * down) + (block * right);
                    for (var x = block; x < end; x++, at += right)
                    {
                        to[(y * result.Width) + x] = from[at];
                    }
                }
            }
        }

        scratch.Swap();
    }
}
