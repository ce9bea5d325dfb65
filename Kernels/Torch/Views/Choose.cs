using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>What torch.where and index_select do, by operators that libtorch knows on the meta device too.</summary>
internal static class Choose
{
    /// <summary>yes where the mask is set, else no; both finite. lerp by 0 or 1 gives its ends exactly.</summary>
    internal static Tensor Of(Tensor mask, Tensor yes, Tensor no) => lerp(no, yes, mask.to_type(no.dtype));

    /// <summary>The images of these numbers: entries of the first axis.</summary>
    internal static Tensor Images(Tensor x, Tensor numbers)
    {
        var flat = x.flatten(1);
        return flat.gather(0, numbers.unsqueeze(1).expand(numbers.shape[0], flat.shape[1])).reshape([numbers.shape[0], .. x.shape[1..]]);
    }
}
