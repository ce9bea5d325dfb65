using System;

namespace Vantage.Kernels.Simd;

/// <summary>A convolution of square kernels over maps n x h x w x c, channels last in memory.</summary>
internal readonly record struct ConvolutionShape(int Images, int Height, int Width, int Inputs, int Outputs, int Kernel, int Stride, int Padding)
{
    /// <summary>Rows of the maps that come out.</summary>
    public int Rows => ((Height + (2 * Padding) - Kernel) / Stride) + 1;

    /// <summary>Columns of the maps that come out.</summary>
    public int Columns => ((Width + (2 * Padding) - Kernel) / Stride) + 1;

    /// <summary>Weights of a pair of channels.</summary>
    public int Taps => Kernel * Kernel;

    /// <summary>The steps whose place under a tap exists, of maps of this length: from the first up to, without, the second.</summary>
    /// <param name="length">Rows, or columns, of the maps.</param>
    /// <param name="steps">Rows, or columns, of what comes out.</param>
    /// <param name="tap">Row, or column, of the kernel.</param>
    public (int From, int To) Inside(int length, int steps, int tap)
    {
        var first = Math.Max(0, (Padding - tap + Stride - 1) / Stride);
        var reach = length - 1 + Padding - tap;
        return (first, reach < 0 ? 0 : Math.Min(steps, (reach / Stride) + 1));
    }
}
