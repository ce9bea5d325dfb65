using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Rounded to bytes, of which the A highest bits stay, over 255.</summary>
internal static class Posterize
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var unit = p.A.neg().add_(8).exp2_().round_(); // what the lowest bit that stays is worth: a power of two, so that dividing is exact
        return Bytes.Of(x).div_(unit).floor_().mul_(unit).div_(255);
    }
}
