using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>The generalized contrastive loss with the log-sum-exp term on any device, in O(N d) memory; see <see cref="Reference.Generalized"/> for the formula.</summary>
public static class Generalized
{
    /// <summary>Alignment plus lambda times the log-sum-exp of both views' rows, a scalar.</summary>
    /// <param name="a">First views, N x d, float32 or float64.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="temperature">Divides similarities, positive.</param>
    /// <param name="lambda">Weight of the distribution term, 0 or more.</param>
    /// <param name="normalize">Whether rows are divided by their lengths first.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, the temperature is not positive, or lambda is negative or not finite.</exception>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, double lambda, bool normalize) => Loss(a, b, temperature, lambda, normalize, 0);

    /// <summary>The same with a chosen number of rows a tile, for tests of tile boundaries; 0 leaves the choice.</summary>
    public static Tensor Loss(Tensor a, Tensor b, double temperature, double lambda, bool normalize, int tileRows)
    {
        Embeddings.Check(a, b, temperature);
        Embeddings.Weight(lambda, nameof(lambda));
        using var scope = NewDisposeScope();
        var (n, d) = (a.shape[0], a.shape[1]);
        var u = UnitRows.Of(cat([a, b], 0), normalize);
        var align = u.narrow(0, 0, n).sub(u.narrow(0, n, n)).square().mean().div(2);

        // The row itself comes on top of all others: its similarity is its squared length.
        var others = LogSumExp.Among(u, 1 / temperature, 2 * n, normalize ? 1 / temperature : double.NaN, tileRows);
        var itself = u.square().sum(1).div(temperature);
        return align.add(others.logaddexp(itself).mean().sub(Math.Log(d)).mul(lambda)).MoveToOuterDisposeScope();
    }
}
