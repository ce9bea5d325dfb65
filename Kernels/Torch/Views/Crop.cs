using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Boxes cut out and resized, each image's own: two products with matrices of weights, made on the device from the boxes.</summary>
internal static class Crop
{
    /// <summary>n x C x height x width. All steps have one filter.</summary>
    internal static Tensor Apply(Tensor x, StepTable p, long height, long width)
    {
        var filter = (Filter)(int)p.Steps[0].G;
        var rows = AxisWeights.Of(p.Line(0), p.Line(2), x.shape[2], height, filter);
        var columns = AxisWeights.Of(p.Line(1), p.Line(3), x.shape[3], width, filter);
        return Axes.Apply(x, rows, columns);
    }
}
