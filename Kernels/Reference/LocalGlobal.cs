using System;

namespace Vantage.Kernels.Reference;

/// <summary>AMDIM's local-global term as its formula reads: the meaning of <see cref="Torch.LocalGlobal"/>.</summary>
public static class LocalGlobal
{
    /// <summary>
    /// With a = source_b . target_(b', l) / sqrt(d) and s = c tanh(a / c): the mean over b and l of
    /// log( exp s_(b,bl) + sum_(b' != b, l') exp s_(b,b'l') ) - s_(b,bl), plus weight times the mean of a squared
    /// (Bachman et al. 2019; Philip-Bachman/amdim-public, costs.py).
    /// </summary>
    /// <returns>The loss and its gradients with respect to sources, B x d, and targets, B x L x d.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Sources, double[] Targets) Loss(double[] sources, double[] targets, int images, double clip, double weight)
    {
        if (images < 1 || sources.Length == 0 || targets.Length == 0 || targets.Length % sources.Length != 0)
        {
            throw new ArgumentException($"{targets.Length} target values are not {images} times so many locations of the sources' width");
        }

        var d = sources.Length / images;
        var locations = targets.Length / sources.Length;
        var columns = images * locations;
        var a = Similarity.Products(sources, targets, images, columns);
        var s = new double[images, columns];
        for (var b = 0; b < images; b++)
        {
            for (var k = 0; k < columns; k++)
            {
                a[b, k] /= Math.Sqrt(d);
                s[b, k] = clip * Math.Tanh(a[b, k] / clip);
            }
        }

        var ds = new double[images, columns];
        var loss = 0.0;
        for (var b = 0; b < images; b++)
        {
            for (var l = 0; l < locations; l++)
            {
                var own = (b * locations) + l;
                loss += Similarity.LogSum(s, b, 1, k => k == own || k / locations != b, 1.0 / columns, ds) / columns;
                loss -= s[b, own] / columns;
                ds[b, own] -= 1.0 / columns;
            }
        }

        for (var b = 0; b < images; b++)
        {
            for (var k = 0; k < columns; k++)
            {
                var squares = weight / ((double)images * columns);
                loss += squares * a[b, k] * a[b, k];
                ds[b, k] *= 1 - (s[b, k] / clip * s[b, k] / clip);
                ds[b, k] = (ds[b, k] + (2 * squares * a[b, k])) / Math.Sqrt(d);
            }
        }

        return (loss, Similarity.Left(ds, targets), Similarity.Right(ds, sources));
    }
}
