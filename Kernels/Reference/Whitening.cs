using System;

namespace Vantage.Kernels.Reference;

/// <summary>Whitening by Cholesky, in double precision (Ermolov et al. 2021, section 3; htdt/self-supervised, methods/whitening.py).</summary>
public static class Whitening
{
    /// <summary>
    /// y = L^-1 (x - mean) of n rows, with L L^T = (1 - epsilon) Cov + epsilon I and Cov over n - 1: rows whose covariance is I where epsilon is 0.
    /// </summary>
    /// <param name="x">n x d.</param>
    /// <param name="n">Rows, more than d where epsilon is 0.</param>
    /// <param name="epsilon">Share of the identity, from 0 to 1.</param>
    /// <returns>y, n x d.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, epsilon is outside [0, 1], or the covariance has no Cholesky factor.</exception>
    public static double[] Of(double[] x, int n, double epsilon) => Forward(x, n, epsilon).Y;

    /// <summary>The gradient with respect to x of a loss with gradient dy with respect to y.</summary>
    public static double[] Back(double[] x, double[] dy, int n, double epsilon)
    {
        var (_, centred, w, l) = Forward(x, n, epsilon);
        var d = x.Length / n;

        // y_i = W c_i with W = L^-1: into c directly, and into W.
        var dc = new double[x.Length];
        var dw = new double[d * d];
        for (var i = 0; i < n; i++)
        {
            for (var r = 0; r < d; r++)
            {
                for (var c = 0; c <= r; c++)
                {
                    dc[(i * d) + c] += w[(r * d) + c] * dy[(i * d) + r];
                    dw[(r * d) + c] += dy[(i * d) + r] * centred[(i * d) + c];
                }
            }
        }

        // Into L: -W^T dW W^T. Into the matrix: W^T F(L^T dL) W made symmetric, F keeps the lower triangle and half of the diagonal.
        var dl = Product(Product(Transpose(w, d), dw, d), Transpose(w, d), d);
        var inner = Product(Transpose(l, d), dl, d);
        for (var r = 0; r < d; r++)
        {
            for (var c = 0; c < d; c++)
            {
                inner[(r * d) + c] *= r > c ? -1 : r == c ? -0.5 : 0;
            }
        }

        var ds = Product(Product(Transpose(w, d), inner, d), w, d);
        for (var i = 0; i < n; i++)
        {
            for (var r = 0; r < d; r++)
            {
                for (var c = 0; c < d; c++)
                {
                    dc[(i * d) + r] += (ds[(r * d) + c] + ds[(c * d) + r]) * centred[(i * d) + c] * (1 - epsilon) / (n - 1);
                }
            }
        }

        var mean = Batch.Means(dc, n);
        for (var i = 0; i < dc.Length; i++)
        {
            dc[i] -= mean[i % d];
        }

        return dc;
    }

    private static (double[] Y, double[] Centred, double[] W, double[] L) Forward(double[] x, int n, double epsilon)
    {
        var d = Batch.Width(x, x, n, 2);
        if (!(epsilon >= 0 && epsilon <= 1))
        {
            throw new ArgumentException($"a share of {epsilon} for the identity is outside [0, 1]");
        }

        var means = Batch.Means(x, n);
        var centred = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            centred[i] = x[i] - means[i % d];
        }

        var l = new double[d * d];
        for (var r = 0; r < d; r++)
        {
            for (var c = 0; c <= r; c++)
            {
                var sum = r == c ? epsilon : 0.0;
                for (var i = 0; i < n; i++)
                {
                    sum += (1 - epsilon) * centred[(i * d) + r] * centred[(i * d) + c] / (n - 1);
                }

                for (var k = 0; k < c; k++)
                {
                    sum -= l[(r * d) + k] * l[(c * d) + k];
                }

                if (r == c && !(sum > 0))
                {
                    throw new ArgumentException($"{n} rows of {d} values have a covariance without Cholesky factor: use more rows than values (twice as many in the paper), or a share of the identity");
                }

                l[(r * d) + c] = r == c ? Math.Sqrt(sum) : sum / l[(c * d) + c];
            }
        }

        // W = L^-1, row by row.
        var w = new double[d * d];
        for (var r = 0; r < d; r++)
        {
            for (var c = 0; c <= r; c++)
            {
                var sum = r == c ? 1.0 : 0.0;
                for (var k = c; k < r; k++)
                {
                    sum -= l[(r * d) + k] * w[(k * d) + c];
                }

                w[(r * d) + c] = sum / l[(r * d) + r];
            }
        }

        var y = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            for (var c = 0; c <= i % d; c++)
            {
                y[i] += w[(i % d * d) + c] * centred[(i / d * d) + c];
            }
        }

        return (y, centred, w, l);
    }

    private static double[] Transpose(double[] m, int d)
    {
        var t = new double[m.Length];
        for (var i = 0; i < m.Length; i++)
        {
            t[(i % d * d) + (i / d)] = m[i];
        }

        return t;
    }

    private static double[] Product(double[] a, double[] b, int d)
    {
        var p = new double[a.Length];
        for (var r = 0; r < d; r++)
        {
            for (var k = 0; k < d; k++)
            {
                for (var c = 0; c < d; c++)
                {
                    p[(r * d) + c] += a[(r * d) + k] * b[(k * d) + c];
                }
            }
        }

        return p;
    }
}
