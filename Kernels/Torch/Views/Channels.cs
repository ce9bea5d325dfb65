using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>New channel c is the old channel A, B, C for c = 0, 1, 2; -1 gives zeros.</summary>
internal static class Channels
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var sources = p.Table.narrow(1, 0, 3).reshape(-1, 3, 1, 1);
        var result = x.gather(1, sources.clamp_min(0).to_type(ScalarType.Int64).expand(x.shape));
        return result.mul_(sources.ge(0));
    }
}
