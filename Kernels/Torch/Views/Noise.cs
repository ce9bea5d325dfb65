using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>x + A z, clamped, in place; z from Philox 4x32-10, as <see cref="Reference.Noise"/> says, in tensors of int64 whose products wrap at 2^64.</summary>
internal static class Noise
{
    private const long Multiplier0 = 0xD2511F53;
    private const long Multiplier1 = 0xCD9E8D57;
    private const long Weyl0 = 0x9E3779B9;
    private const long Weyl1 = 0xBB67AE85;
    private const long Word = 0xFFFFFFFF;
    private const int Rounds = 10;

    internal static Tensor Apply(Tensor x, StepTable p)
    {
        var values = x.shape[1] * x.shape[2] * x.shape[3];
        var (low, high) = (p.Line(1).squeeze(2).to_type(ScalarType.Int64), p.Line(2).squeeze(2).to_type(ScalarType.Int64));
        var words = Block(low.add(high.bitwise_and(0xFF).mul_(1 << 24)), high.div(256, RoundingMode.floor), Axes.Numbers(0, (values + 3) / 4, x.device, ScalarType.Int64).unsqueeze(0));
        var (first, second) = Pair(words[0], words[1]);
        var (third, fourth) = Pair(words[2], words[3]);
        var z = stack([first, second, third, fourth], 2).flatten(1).narrow(1, 0, values).reshape(x.shape);
        return x.add_(z.mul(p.A)).clamp_(0, 1);
    }

    /// <summary>The four words of each counter (n, 0, 0, 0) under each key.</summary>
    private static Tensor[] Block(Tensor key0, Tensor key1, Tensor counter)
    {
        var zero = zeros_like(key0);
        var (c0, c1, c2, c3) = (counter, zero, zero, zero);
        for (var round = 0; round < Rounds; round++)
        {
            using var scope = NewDisposeScope();
            var (product0, product1) = (c0.mul(Multiplier0), c2.mul(Multiplier1));
            (c0, c1, c2, c3) = (Upper(product1).bitwise_xor(c1).bitwise_xor(key0), product1.bitwise_and(Word), Upper(product0).bitwise_xor(c3).bitwise_xor(key1), product0.bitwise_and(Word));
            (key0, key1) = (key0.add(Weyl0).bitwise_and_(Word), key1.add(Weyl1).bitwise_and_(Word));
            scope.MoveToOuter(c0, c1, c2, c3, key0, key1);
        }

        return [c0, c1, c2, c3];
    }

    /// <summary>The high 32 bits of a product: shifting a negative number fills with ones, which the word cuts off.</summary>
    private static Tensor Upper(Tensor product) => product.bitwise_right_shift(32).bitwise_and_(Word);

    /// <summary>Two normal numbers of two words: Box and Muller.</summary>
    private static (Tensor Cosine, Tensor Sine) Pair(Tensor a, Tensor b)
    {
        var length = Unit(a).log_().mul_(-2).sqrt_();
        var angle = Unit(b).mul_(2 * System.Math.PI);
        return (angle.cos().mul_(length), angle.sin().mul_(length));
    }

    /// <summary>The upper 23 bits as a number in (0, 1), exact in float32.</summary>
    private static Tensor Unit(Tensor word) => word.bitwise_right_shift(9).to_type(ScalarType.Float32).add_(0.5).mul_(1.0 / (1 << 23));
}
