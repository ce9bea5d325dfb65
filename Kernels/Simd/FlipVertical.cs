using System;

namespace Vantage.Kernels.Simd;

/// <summary>Rows swapped in place.</summary>
internal static class FlipVertical
{
    internal static void Apply(Planes planes, Scratch scratch)
    {
        var row = Scratch.Need(ref scratch.Row, planes.Width).AsSpan(0, planes.Width);
        for (var c = 0; c < planes.Channels; c++)
        {
            var plane = planes.Plane(c)[..planes.Pixels];
            for (var (top, bottom) = (0, planes.Height - 1); top < bottom; top++, bottom--)
            {
                var upper = plane.Slice(top * planes.Width, planes.Width);
                var lower = plane.Slice(bottom * planes.Width, planes.Width);
                upper.CopyTo(row);
                lower.CopyTo(upper);
                row.CopyTo(lower);
            }
        }
    }
}
