using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>A x + (1 - A) smooth(x), clamped, in place, for all but the outermost pixels; smooth is the 3 x 3 mean of weights 1 with a centre of 5.</summary>
internal static class Sharpness
{
    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var (height, width) = (x.shape[2] - 2, x.shape[3] - 2);
        if (height < 1 || width < 1)
        {
            return x;
        }

        var inner = x.narrow(2, 1, height).narrow(3, 1, width);
        var across = x.narrow(3, 0, width).add(x.narrow(3, 1, width)).add_(x.narrow(3, 2, width));
        var smooth = across.narrow(2, 0, height).add(across.narrow(2, 1, height)).add_(across.narrow(2, 2, height)).add_(inner, alpha: 4).div_(13);
        Blend.With(inner, p.A, smooth);
        return x;
    }
}
