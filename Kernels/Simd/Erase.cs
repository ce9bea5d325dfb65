using System;

namespace Vantage.Kernels.Simd;

/// <summary>Fills a box, row by row.</summary>
internal static class Erase
{
    internal static void Apply(Planes planes, int top, int left, int boxHeight, int boxWidth, float value)
    {
        var (firstRow, lastRow) = (Math.Clamp(top, 0, planes.Height), Math.Clamp(top + boxHeight, 0, planes.Height));
        var (first, last) = (Math.Clamp(left, 0, planes.Width), Math.Clamp(left + boxWidth, 0, planes.Width));
        for (var c = 0; c < planes.Channels; c++)
        {
            for (var y = firstRow; y < lastRow; y++)
            {
                planes.Plane(c)[((y * planes.Width) + first)..((y * planes.Width) + last)].Fill(value);
            }
        }
    }
}
