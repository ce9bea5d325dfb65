using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Boxes of the view's size as they are, one for each tile.</summary>
internal static class Tile
{
    /// <summary>n x T x C x h x w from n x C x H x W and each image's T corners (rows and columns of int64, n x T).</summary>
    internal static Tensor Apply(Tensor x, Tensor tops, Tensor lefts, ViewShape shape)
    {
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var rows = tops.unsqueeze(2).add(Axes.Numbers(0, shape.Height, x.device, ScalarType.Int64)).mul_(width);
        var columns = lefts.unsqueeze(2).add(Axes.Numbers(0, shape.Width, x.device, ScalarType.Int64));
        var places = rows.unsqueeze(3).add(columns.unsqueeze(2)).reshape(n, 1, shape.Tiles * shape.Height * shape.Width);
        return x.reshape(n, channels, height * width)
            .gather(2, places.expand(n, channels, places.shape[2]))
            .reshape(n, channels, shape.Tiles, shape.Height, shape.Width)
            .transpose(1, 2)
            .contiguous();
    }
}
