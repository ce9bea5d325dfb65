using System;

namespace Vantage.Kernels.Simd;

/// <summary>Fills the patches whose bit is set.</summary>
internal static class Mask
{
    internal static void Apply(Planes planes, Step step)
    {
        var patch = (int)step.A;
        var columns = (planes.Width + patch - 1) / patch;
        Span<int> words = [(int)step.C, (int)step.D, (int)step.E, (int)step.F];
        for (var bit = 0; bit < Reference.Mask.Patches; bit++)
        {
            if (((words[bit / Reference.Mask.Bits] >> (bit % Reference.Mask.Bits)) & 1) == 1)
            {
                var (row, column) = Math.DivRem((int)step.B + bit, columns);
                Erase.Apply(planes, row * patch, column * patch, patch, patch, 0);
            }
        }
    }
}
