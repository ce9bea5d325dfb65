using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Ends every view: (x - mean) / deviation of each channel, in place.</summary>
internal static class Standardize
{
    /// <param name="x">.. x C x h x w.</param>
    /// <param name="shape">The means and deviations.</param>
    internal static Tensor Apply(Tensor x, ViewShape shape)
    {
        Tensor Each(float[] values) => Upload.Of(values, x.device).reshape(-1, 1, 1);
        return x.sub_(Each(shape.Mean)).div_(Each(shape.Deviation));
    }
}
