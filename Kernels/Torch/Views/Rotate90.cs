using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Quarter turns counter-clockwise, the same number for all images: a <see cref="SlotPlan"/> keeps others apart.</summary>
internal static class Rotate90
{
    internal static Tensor Apply(Tensor x, int turns) => (turns & 3) switch
    {
        1 => x.transpose(2, 3).flip(2),
        2 => x.flip(2, 3),
        3 => x.transpose(2, 3).flip(3),
        _ => x,
    };
}
