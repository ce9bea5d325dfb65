namespace Vantage.Kernels.Simd;

/// <summary>Rows swapped in place.</summary>
internal static class FlipVertical
{
    internal static void Apply(Planes planes)
    {
        for (var c = 0; c < planes.Channels; c++)
        {
            var plane = planes.Plane(c)[..planes.Pixels];
            for (var (top, bottom) = (0, planes.Height - 1); top < bottom; top++, bottom--)
            {
                var upper = plane.Slice(top * planes.Width, planes.Width);
                var lower = plane.Slice(bottom * planes.Width, planes.Width);
                for (var x = 0; x < upper.Length; x++)
                {
                    (upper[x], lower[x]) = (lower[x], upper[x]);
                }
            }
        }
    }
}
