using System;

namespace Vantage.Kernels.Reference;

/// <summary>Sketched isotropic Gaussian regularization (LeJEPA, Balestriero and LeCun 2025, arXiv 2511.08544, section 4 and algorithm 1).</summary>
public static class SigReg
{
    /// <summary>Points of the trapezoidal rule.</summary>
    public const int Knots = 17;

    /// <summary>The integral runs from minus this to this.</summary>
    public const double Reach = 5;

    /// <summary>
    /// N times the mean over L directions w of the integral over t of |mean_i e^(i t z_i.w) - e^(-t^2/2)|^2 e^(-t^2/2): the Epps-Pulley distance of each projection to the
    /// standard normal distribution, 17 knots on [-5, 5]. About 0 to 1 for samples of it; of the order of N for a constant.
    /// </summary>
    /// <param name="z">Embeddings, N x d.</param>
    /// <param name="directions">d x L, unit columns.</param>
    /// <param name="n">Rows N.</param>
    /// <returns>The distance, and its gradient with respect to z.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static (double Loss, double[] Z) Loss(double[] z, double[] directions, int n)
    {
        var d = Batch.Width(z, z, n, 1);
        if (directions.Length == 0 || directions.Length % d != 0)
        {
            throw new ArgumentException($"{directions.Length} values are not directions of {d} rows");
        }

        var slices = directions.Length / d;
        var dz = new double[z.Length];
        var loss = 0.0;
        for (var s = 0; s < slices; s++)
        {
            var projection = new double[n];
            for (var i = 0; i < z.Length; i++)
            {
                projection[i / d] += z[i] * directions[(i % d * slices) + s];
            }

            for (var k = 0; k < Knots; k++)
            {
                var t = Knot(k);
                var normal = Math.Exp(-t * t / 2);
                var weight = Weight(k) * n / slices;
                var (real, imaginary) = (0.0, 0.0);
                for (var i = 0; i < n; i++)
                {
                    real += Math.Cos(t * projection[i]) / n;
                    imaginary += Math.Sin(t * projection[i]) / n;
                }

                loss += weight * (((real - normal) * (real - normal)) + (imaginary * imaginary));
                for (var i = 0; i < z.Length; i++)
                {
                    var angle = t * projection[i / d];
                    var slope = 2 * weight * t / n * ((imaginary * Math.Cos(angle)) - ((real - normal) * Math.Sin(angle)));
                    dz[i] += slope * directions[(i % d * slices) + s];
                }
            }
        }

        return (loss, dz);
    }

    /// <summary>The k-th point.</summary>
    internal static double Knot(int k) => -Reach + (2 * Reach * k / (Knots - 1));

    /// <summary>The k-th point's share of the integral: the trapezoidal rule times the window e^(-t^2/2).</summary>
    internal static double Weight(int k) => (k is 0 or Knots - 1 ? 0.5 : 1.0) * 2 * Reach / (Knots - 1) * Math.Exp(-Knot(k) * Knot(k) / 2);
}
