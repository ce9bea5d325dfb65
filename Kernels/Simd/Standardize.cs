using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>(x - mean) / deviation as x / deviation - mean / deviation, both constants worked out in double precision.</summary>
internal readonly struct Standardize<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private readonly TVector gain;
    private readonly TVector offset;

    internal Standardize(ViewShape shape, int channel)
    {
        gain = TLanes.Create((float)(1.0 / shape.Deviation[channel]));
        offset = TLanes.Create((float)(-(double)shape.Mean[channel] / shape.Deviation[channel]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TVector Apply(TVector x) => TLanes.MultiplyAdd(x, gain, offset);
}
