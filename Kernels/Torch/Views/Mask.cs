using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Patches whose bit is set become 0, in place; the bits are those of <see cref="Operation.Mask"/>.</summary>
internal static class Mask
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var (n, height, width) = (x.shape[0], x.shape[2], x.shape[3]);
        var whole = p.Table.to_type(ScalarType.Int64);
        var patch = whole.narrow(1, 0, 1);
        var columns = patch.add(width - 1).div_(patch, RoundingMode.floor);
        var row = Axes.Numbers(0, height, x.device, ScalarType.Int64).div(patch, RoundingMode.floor).mul_(columns).sub_(whole.narrow(1, 1, 1));
        var column = Axes.Numbers(0, width, x.device, ScalarType.Int64).div(patch, RoundingMode.floor);
        var bit = row.unsqueeze(2).add(column.unsqueeze(1)).reshape(n, height * width);
        var outside = bit.lt(0).bitwise_or_(bit.ge(Reference.Mask.Patches));

        var places = Axes.Numbers(0, Reference.Mask.Bits, x.device, ScalarType.Int64);
        var set = whole.narrow(1, 2, 4).unsqueeze(2).bitwise_right_shift(places).bitwise_and_(1).reshape(n, Reference.Mask.Patches);
        var stays = set.gather(1, bit.masked_fill_(outside, 0)).eq(0).bitwise_or_(outside);
        return x.mul_(stays.reshape(n, 1, height, width));
    }
}
