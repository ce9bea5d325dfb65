using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// The weights of a crop along one axis as matrices; the formula is <see cref="Reference.Crop"/>'s. Distances are whole numbers of 1 / (2 output) pixels, which float32
/// holds exactly up to 2^24, so that the only rounding is that of the weights; sides beyond that are done in float64.
/// </summary>
internal static class AxisWeights
{
    /// <summary>n x output x length float32: how much of each pixel of the image goes to each pixel of the result.</summary>
    /// <param name="first">First pixel of the box, n x 1 x 1.</param>
    /// <param name="size">Pixels of the box, n x 1 x 1.</param>
    /// <param name="length">Pixels of the image.</param>
    /// <param name="output">Pixels of the result.</param>
    /// <param name="filter">How to resample.</param>
    internal static Tensor Of(Tensor first, Tensor size, long length, long output, Filter filter)
    {
        var type = 4 * length * output <= 1 << 24 ? ScalarType.Float32 : ScalarType.Float64;
        (first, size) = (first.to_type(type), size.to_type(type));
        var pixels = Axes.Numbers(0, length, first.device, type);
        var centres = Axes.Numbers(0, output, first.device, type).mul_(2).add_(1).reshape(1, -1, 1).mul(size); // 2 output c
        var grows = filter is Filter.Bilinear or Filter.Bicubic;
        var unit = (grows ? size.clamp_min(output) : ones_like(size).mul_(output)).mul_(2); // 2 output w
        var start = first.mul(-2).add_(1).mul_(output).sub(centres); // from the centre to pixel 0 of the image, n x output x 1
        var distance = start.add(pixels.mul(2 * output));
        var inside = pixels.ge(first).bitwise_and_(pixels.lt(first.add(size))).to_type(type);
        Tensor weights;
        if (Reference.Crop.Cubic(filter))
        {
            weights = Kernel(distance.div_(unit), filter).mul_(inside);
            if (filter == Filter.BicubicPlain)
            {
                Beyond(weights, start, first, size, unit, pixels, output);
            }
        }
        else
        {
            weights = Distance.Of(distance).sub_(unit).clamp_max_(0).mul_(inside); // the triangle times -unit: the sum divides it away
        }

        return weights.div_(weights.sum(-1, true)).to_type(ScalarType.Float32);
    }

    /// <summary>Gives the weights of the two pixels beyond each end of the box to the pixel at that end.</summary>
    private static void Beyond(Tensor weights, Tensor start, Tensor first, Tensor size, Tensor unit, Tensor pixels, long output)
    {
        Tensor At(Tensor pixel) => Kernel(start.add(pixel.mul(2 * output)).div_(unit), Filter.BicubicPlain);
        var end = first.add(size);
        var before = At(first.sub(1)).add_(At(first.sub(2)));
        var after = At(end).add_(At(end.add(1)));
        weights.add_(before.mul(pixels.eq(first))).add_(after.mul(pixels.eq(end.sub_(1))));
    }

    /// <summary>Keys' cubic of a signed distance in units of w; the argument is overwritten.</summary>
    private static Tensor Kernel(Tensor distance, Filter filter)
    {
        var a = filter == Filter.Bicubic ? -0.5 : -0.75;
        var t = Distance.Of(distance).clamp_max_(2); // at 2 the outer piece is 0
        var inner = t.mul(a + 2).sub_(a + 3).mul_(t).mul_(t).add_(1);
        var outer = t.sub(5).mul_(t).add_(8).mul_(t).sub_(4).mul_(a);
        return Choose.Of(t.lt(1), inner, outer);
    }
}
