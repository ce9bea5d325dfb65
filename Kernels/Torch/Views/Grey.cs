using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Grey by torchvision's weights, which sum to 0.9999; of 1 channel, the image itself.</summary>
internal static class Grey
{
    /// <summary>n x 1 x h x w; of 1 channel it is x, not a copy.</summary>
    internal static Tensor Of(Tensor x) => x.shape[1] == 1
        ? x
        : x.narrow(1, 0, 1).mul(0.2989).add_(x.narrow(1, 1, 1), alpha: 0.587).add_(x.narrow(1, 2, 1), alpha: 0.114);

    /// <summary>The mean of each image's grey, n x 1 x 1 x 1: the grey of the channels' means.</summary>
    internal static Tensor Mean(Tensor x) => Of(x.mean([2L, 3L], true));
}
