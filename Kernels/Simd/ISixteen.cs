using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vantage.Kernels.Simd;

/// <summary>Numbers of a type in memory, sixteen at a time as float32.</summary>
internal unsafe interface ISixteen
{
    /// <summary>How many bytes one takes.</summary>
    static abstract int Size { get; }

    /// <summary>Sixteen from this place, counted in numbers.</summary>
    static abstract Vector512<float> Load(void* from, long at);

    /// <summary>Sixteen to this place, rounded to the nearest, ties to even.</summary>
    static abstract void Store(Vector512<float> values, void* to, long at);
}

/// <summary>float32 as it is.</summary>
internal readonly unsafe struct SixteenSingles : ISixteen
{
    /// <inheritdoc/>
    public static int Size => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* from, long at) => Vector512.Load((float*)from + at);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, void* to, long at) => values.Store((float*)to + at);
}

/// <summary>bfloat16, the upper halves of float32.</summary>
internal readonly unsafe struct SixteenHalves : ISixteen
{
    /// <inheritdoc/>
    public static int Size => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* from, long at)
    {
        var bits = Vector256.Load((ushort*)from + at);
        if (Avx512F.IsSupported)
        {
            return (Avx512F.ConvertToVector512UInt32(bits) << 16).AsSingle(); // one instruction, where widening halves takes three
        }

        var (low, high) = Vector256.Widen(bits);
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, void* to, long at)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        rounded = Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7FC0u)); // a NaN stays one
        var narrow = Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(rounded) : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        narrow.Store((ushort*)to + at);
    }
}
