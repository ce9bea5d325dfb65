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
}
