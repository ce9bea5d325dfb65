using System.Linq;
using Vantage.Kernels.Reference;
using Vantage.Kernels.Simd;
using Vantage.Kernels.Torch;

namespace Vantage.Kernels;

/// <summary>The one dispatch between engines. All give the same views, within the tolerance of float32.</summary>
public static class ViewEngine
{
    /// <summary>The meaning of every operation, in scalar loops.</summary>
    public static IViewEngine Reference { get; } = new ReferenceEngine();

    /// <summary>The fastest engine of this machine.</summary>
    public static IViewEngine Best() => new SimdEngine();

    /// <summary>Batches of tensors on a device, such as a GPU.</summary>
    public static IViewEngine Torch(TorchSharp.torch.Device device) => new TorchEngine(device);

    /// <summary>One fast engine for each tier that this machine has, the widest last.</summary>
    public static IViewEngine[] Tiers() =>
        [.. new[] { SimdTier.Scalar, SimdTier.Vector256, SimdTier.Vector512 }.Where(SimdEngine.Has).Select(tier => new SimdEngine(tier))];
}
