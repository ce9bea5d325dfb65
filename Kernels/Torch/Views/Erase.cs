using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Rows A..A+C and columns B..B+D become E; what reaches over the edge is cut.</summary>
internal static class Erase
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var rows = Inside(p.Column(0), p.Column(2), x.shape[2]).transpose(2, 3);
        var columns = Inside(p.Column(1), p.Column(3), x.shape[3]);
        return Choose.Of(rows.bitwise_and(columns), p.Column(4), x);
    }

    private static Tensor Inside(Tensor first, Tensor size, long length)
    {
        var places = Axes.Numbers(0, length, first.device).reshape(1, 1, 1, -1);
        return places.ge(first).bitwise_and_(places.sub(first).lt(size));
    }
}
