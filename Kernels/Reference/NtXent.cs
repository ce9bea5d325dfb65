using System;

namespace Vantage.Kernels.Reference;

/// <summary>NT-Xent as its formula reads, in double precision: the meaning of <see cref="Torch.NtXent"/>.</summary>
public static class NtXent
{
    /// <summary>Below this length a row is divided by it instead (PyTorch's normalize).</summary>
    public const double Floor = 1e-12;

    /// <summary>
    /// L = 1/(2N) sum_i [ log sum_(k != i) exp(s_ik / t) - s_(i, j(i)) / t ] over the 2N rows of a and b, where j(i) is the other view
    /// of i's image and s the cosine (normalize) or the dot product (Chen et al. 2020, equation 1). Each anchor has 2N - 1 candidates.
    /// </summary>
    /// <param name="a">First views, N x d, row-major.</param>
    /// <param name="b">Second views, N x d.</param>
    /// <param name="n">Images N.</param>
    /// <param name="temperature">t, positive.</param>
    /// <param name="normalize">Whether rows are divided by their length.</param>
    /// <returns>The loss, and its gradient with respect to a and to b.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or the temperature is not positive.</exception>
    public static (double Loss, double[] A, double[] B) Loss(double[] a, double[] b, int n, double temperature, bool normalize)
    {
        if (n <= 0 || a.Length != b.Length || a.Length % n != 0 || a.Length == 0)
        {
            throw new ArgumentException($"{a.Length} and {b.Length} values are not two times {n} rows of equal width");
        }

        if (!(temperature > 0))
        {
            throw new ArgumentException($"a temperature of {temperature} is not positive");
        }

        var d = a.Length / n;
        var rows = 2 * n;
        var z = new double[rows * d];
        a.CopyTo(z, 0);
        b.CopyTo(z, n * d);
        var length = new double[rows];
        var u = new double[rows * d];
        for (var i = 0; i < rows; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < d; k++)
            {
                sum += z[(i * d) + k] * z[(i * d) + k];
            }

            length[i] = normalize ? Math.Max(Math.Sqrt(sum), Floor) : 1.0;
            for (var k = 0; k < d; k++)
            {
                u[(i * d) + k] = z[(i * d) + k] / length[i];
            }
        }

        var loss = 0.0;
        var du = new double[rows * d];
        var s = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            var other = (i + n) % rows;
            var max = double.NegativeInfinity;
            for (var k = 0; k < rows; k++)
            {
                s[k] = 0.0;
                for (var c = 0; c < d; c++)
                {
                    s[k] += u[(i * d) + c] * u[(k * d) + c];
                }

                s[k] /= temperature;
                max = k == i ? max : Math.Max(max, s[k]);
            }

            var sum = 0.0;
            for (var k = 0; k < rows; k++)
            {
                sum += k == i ? 0.0 : Math.Exp(s[k] - max);
            }

            loss += max + Math.Log(sum) - s[other];
            for (var k = 0; k < rows; k++)
            {
                var g = k == i ? 0.0 : Math.Exp(s[k] - max) / sum;
                g = (g - (k == other ? 1.0 : 0.0)) / (rows * temperature);
                for (var c = 0; c < d; c++)
                {
                    du[(i * d) + c] += k == i ? 0.0 : g * u[(k * d) + c];
                    du[(k * d) + c] += k == i ? 0.0 : g * u[(i * d) + c];
                }
            }
        }

        return (loss / rows, ThroughLength(u, du, length, 0, n, d, normalize), ThroughLength(u, du, length, n, n, d, normalize));
    }

    /// <summary>The gradient through u = z / max(|z|, floor) of rows first .. first + count.</summary>
    internal static double[] ThroughLength(double[] u, double[] du, double[] length, int first, int count, int d, bool normalize)
    {
        var dz = new double[count * d];
        for (var i = 0; i < count; i++)
        {
            var row = (first + i) * d;
            var dot = 0.0;
            if (normalize && length[first + i] > Floor)
            {
                for (var c = 0; c < d; c++)
                {
                    dot += u[row + c] * du[row + c];
                }
            }

            for (var c = 0; c < d; c++)
            {
                dz[(i * d) + c] = (du[row + c] - (u[row + c] * dot)) / length[first + i];
            }
        }

        return dz;
    }
}
