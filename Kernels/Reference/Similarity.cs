using System;

namespace Vantage.Kernels.Reference;

/// <summary>What the references of contrastive objectives share: unit rows, all similarities, and the way back. Plain loops in double.</summary>
internal static class Similarity
{
    /// <summary>Rows divided by max(length, floor) where asked for, and what they were divided by (else 1).</summary>
    public static (double[] U, double[] Length) Unit(double[] z, int rows, bool normalize)
    {
        if (rows <= 0 || z.Length == 0 || z.Length % rows != 0)
        {
            throw new ArgumentException($"{z.Length} values are not {rows} rows of one width");
        }

        var d = z.Length / rows;
        var u = new double[z.Length];
        var length = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            var sum = 0.0;
            for (var c = 0; c < d; c++)
            {
                sum += z[(i * d) + c] * z[(i * d) + c];
            }

            length[i] = normalize ? Math.Max(Math.Sqrt(sum), NtXent.Floor) : 1.0;
            for (var c = 0; c < d; c++)
            {
                u[(i * d) + c] = z[(i * d) + c] / length[i];
            }
        }

        return (u, length);
    }

    /// <summary>Both views, one below the other.</summary>
    public static double[] Both(double[] a, double[] b, int n)
    {
        if (n <= 0 || a.Length != b.Length || a.Length % n != 0 || a.Length == 0)
        {
            throw new ArgumentException($"{a.Length} and {b.Length} values are not two times {n} rows of equal width");
        }

        return [.. a, .. b];
    }

    /// <summary>s_ik = u_i . v_k.</summary>
    public static double[,] Products(double[] u, double[] v, int rows, int columns)
    {
        var d = u.Length / rows;
        var s = new double[rows, columns];
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < columns; k++)
            {
                for (var c = 0; c < d; c++)
                {
                    s[i, k] += u[(i * d) + c] * v[(k * d) + c];
                }
            }
        }

        return s;
    }

    /// <summary>
    /// log sum of exp(s_ik / t) over the k that count; adds weight times its gradient with respect to s_i. to ds.
    /// </summary>
    public static double LogSum(double[,] s, int i, double temperature, Func<int, bool> counts, double weight, double[,] ds)
    {
        var max = double.NegativeInfinity;
        for (var k = 0; k < s.GetLength(1); k++)
        {
            max = counts(k) ? Math.Max(max, s[i, k] / temperature) : max;
        }

        var sum = 0.0;
        for (var k = 0; k < s.GetLength(1); k++)
        {
            sum += counts(k) ? Math.Exp((s[i, k] / temperature) - max) : 0.0;
        }

        for (var k = 0; k < s.GetLength(1); k++)
        {
            ds[i, k] += counts(k) ? weight * Math.Exp((s[i, k] / temperature) - max) / sum / temperature : 0.0;
        }

        return max + Math.Log(sum);
    }

    /// <summary>du_i = sum_k ds_ik v_k.</summary>
    public static double[] Left(double[,] ds, double[] v)
    {
        var d = v.Length / ds.GetLength(1);
        var du = new double[ds.GetLength(0) * d];
        for (var i = 0; i < ds.GetLength(0); i++)
        {
            for (var k = 0; k < ds.GetLength(1); k++)
            {
                for (var c = 0; c < d; c++)
                {
                    du[(i * d) + c] += ds[i, k] * v[(k * d) + c];
                }
            }
        }

        return du;
    }

    /// <summary>dv_k = sum_i ds_ik u_i.</summary>
    public static double[] Right(double[,] ds, double[] u)
    {
        var turned = new double[ds.GetLength(1), ds.GetLength(0)];
        for (var i = 0; i < ds.GetLength(0); i++)
        {
            for (var k = 0; k < ds.GetLength(1); k++)
            {
                turned[k, i] = ds[i, k];
            }
        }

        return Left(turned, u);
    }

    /// <summary>The gradient with respect to rows z of a loss with gradient ds with respect to the similarities of u among themselves.</summary>
    public static double[] Among(double[,] ds, double[] u, double[] length, bool normalize)
    {
        var du = Left(ds, u);
        var right = Right(ds, u);
        for (var c = 0; c < du.Length; c++)
        {
            du[c] += right[c];
        }

        return NtXent.ThroughLength(u, du, length, 0, length.Length, u.Length / length.Length, normalize);
    }

    /// <summary>log(1 + e^x).</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    /// <summary>1 / (1 + e^-x), the slope of softplus.</summary>
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>A temperature that divides.</summary>
    public static void Temperature(double temperature)
    {
        if (!(temperature > 0))
        {
            throw new ArgumentException($"a temperature of {temperature} is not positive");
        }
    }
}
