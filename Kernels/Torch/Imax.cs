using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>IMAX on any device, with a hand-written gradient; see <see cref="Reference.Imax"/> for the formula.</summary>
public static class Imax
{
    /// <summary>Minus the information that two views share, a scalar in nats.</summary>
    /// <param name="a">First views, N x d, float32 or float64, N at least 2.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="epsilon">Variance of noise, positive.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, there are fewer than 2 rows, or epsilon is not positive and finite.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double epsilon)
    {
        Embeddings.Statistics(a, b);
        if (!(epsilon > 0) || double.IsInfinity(epsilon))
        {
            throw new ArgumentException($"epsilon is {epsilon}: the variance of the noise is positive and finite, else agreement costs minus infinity");
        }

        return WithGradient.Of(
            inputs =>
            {
                var (together, ds) = HalfLogDet(inputs[0].add(inputs[1]), epsilon);
                var (apart, dd) = HalfLogDet(inputs[0].sub(inputs[1]), epsilon);
                return (apart.sub_(together), [dd.sub(ds), dd.add_(ds).neg_()]);
            },
            a,
            b);
    }

    private static (Tensor Value, Tensor Gradient) HalfLogDet(Tensor x, double epsilon)
    {
        var (n, d) = (x.shape[0], x.shape[1]);
        var centred = x.sub(x.mean([0L], true));
        var noisy = centred.t().mm(centred).div_(n).add_(eye(d, dtype: x.dtype, device: x.device).mul_(epsilon));
        var (l, info) = linalg.cholesky_ex(noisy);
        l.masked_fill_(info.ne(0), double.NaN); // no factor: the loss is no number and the run stops, without asking the device here
        var w = Triangular.Inverse(l);
        return (l.diagonal().log().sum(), centred.mm(w.t()).mm(w).div_(n));
    }
}
