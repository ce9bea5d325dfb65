using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Rounding to bytes: floor(255.999 x), torchvision's conversion to uint8.</summary>
internal static class Bytes
{
    /// <summary>Whole numbers 0 to 255 as float32.</summary>
    internal static Tensor Of(Tensor x) => x.mul(255.999).floor_().clamp_(0, 255);
}
