namespace Vantage.Kernels.Simd;

/// <summary>Stretches each plane to [0, 1]: one pass for the range, one for a x + b.</summary>
internal static class AutoContrast
{
    internal static void Apply<TLanes, TVector>(Planes planes)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        for (var c = 0; c < planes.Channels; c++)
        {
            var (_, low, high) = PlanePass.Statistics<TLanes, TVector>(planes.Plane(c), planes.Pixels);
            if (high - low >= Reference.AutoContrast.Flat)
            {
                var gain = 1 / ((double)high - low);
                PlanePass.Affine<TLanes, TVector>(planes.Plane(c), planes.Pixels, (float)gain, (float)(-low * gain));
            }
        }
    }
}
