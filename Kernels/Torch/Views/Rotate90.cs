using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Quarter turns counter-clockwise, the same number for all images: a <see cref="SlotPlan"/> keeps others apart.</summary>
internal static class Rotate90
{
    internal static Tensor Apply(Tensor x, int turns) => (turns & 3) switch
    {
        1 => Mirror.Rows(x.transpose(2, 3)),
        2 => Mirror.Rows(Mirror.Last(x)),
        3 => Mirror.Last(x.transpose(2, 3)),
        _ => x,
    };
}
