using System;

namespace Vantage.Kernels;

/// <summary>The upper half of a float32: 8 bits of exponent, 7 of fraction. What a view of that type is made of.</summary>
/// <param name="Bits">As libtorch stores it.</param>
public readonly record struct BFloat16(ushort Bits)
{
    /// <summary>The nearest one, ties to even, as PyTorch rounds; a NaN stays one.</summary>
    public static BFloat16 From(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? new BFloat16((ushort)((bits >> 16) | 0x40))
            : new BFloat16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The same number as float32.</summary>
    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)Bits << 16);
}
