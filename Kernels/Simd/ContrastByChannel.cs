namespace Vantage.Kernels.Simd;

/// <summary>Blends each plane with its own mean: one pass for the mean, one for a x + b.</summary>
internal static class ContrastByChannel
{
    internal static void Apply<TLanes, TVector>(Planes planes, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var c = 0; c < planes.Channels; c++)
        {
            var mean = PlanePass.Statistics<TLanes, TVector>(planes.Plane(c), planes.Pixels).Mean;
            PlanePass.Affine<TLanes, TVector>(planes.Plane(c), planes.Pixels, factor, (float)((1.0 - factor) * mean));
        }
    }
}
