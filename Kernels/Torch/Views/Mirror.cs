using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Reverses an axis: what torch.flip does, by an operator that libtorch knows on the meta device too.</summary>
internal static class Mirror
{
    /// <summary>x from the last to the first along its last axis.</summary>
    internal static Tensor Last(Tensor x) => x.index(TensorIndex.Ellipsis, TensorIndex.Tensor(Backwards(x, -1)));

    /// <summary>x from the last to the first along the axis before its last.</summary>
    internal static Tensor Rows(Tensor x) => x.index(TensorIndex.Ellipsis, TensorIndex.Tensor(Backwards(x, -2)), TensorIndex.Slice());

    private static Tensor Backwards(Tensor x, int axis) => arange(x.size(axis) - 1, -1, -1, ScalarType.Int64, x.device);
}
