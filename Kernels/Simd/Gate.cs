using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>Which slopes max(0, .) lets through on the way back: all, those where y is above 0, or those where factor x + term is, which is y before it was rounded.</summary>
internal readonly unsafe struct Gate
{
    private readonly void* _y;
    private readonly float[]? _factor, _term;

    /// <summary>By y, as many values as there are slopes.</summary>
    public Gate(void* y) => _y = y;

    /// <summary>By each channel's factor and term.</summary>
    public Gate(float[] factor, float[] term) => (_factor, _term) = (factor, term);

    /// <summary>All pass.</summary>
    public static Gate Open => default;

    /// <summary>Sixteen factors from this channel, zeros where there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Factor(int c) => At(_factor, c);

    /// <summary>Sixteen terms from this channel, zeros where there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Term(int c) => At(_term, c);

    /// <summary>Sixteen slopes, 0 for those that do not pass, where x has these values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Passed<T>(Vector512<float> x, Vector512<float> factor, Vector512<float> term, void* slopes, long at)
        where T : struct, ISixteen
    {
        var slope = T.Load(slopes, at);
        if (_y == null && _factor is null)
        {
            return slope;
        }

        var y = _y == null ? Vector512.FusedMultiplyAdd(x, factor, term) : T.Load(_y, at);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(y, Vector512<float>.Zero), slope, Vector512<float>.Zero);
    }

    private static Vector512<float> At(float[]? values, int c) =>
        values is null ? Vector512<float>.Zero : Vector512.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(values), (nuint)c);
}
