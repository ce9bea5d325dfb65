using System;

namespace Vantage.Kernels.Reference;

/// <summary>What the references of losses over classes share: probabilities of rows, and their logarithms.</summary>
internal static class Softmax
{
    /// <summary>log softmax(x / t) of each of n rows.</summary>
    internal static double[] Logs(double[] x, int n, double temperature)
    {
        Similarity.Temperature(temperature);
        var k = x.Length / n;
        var logs = new double[x.Length];
        for (var i = 0; i < n; i++)
        {
            var highest = double.NegativeInfinity;
            for (var c = 0; c < k; c++)
            {
                highest = Math.Max(highest, x[(i * k) + c] / temperature);
            }

            var sum = 0.0;
            for (var c = 0; c < k; c++)
            {
                sum += Math.Exp((x[(i * k) + c] / temperature) - highest);
            }

            for (var c = 0; c < k; c++)
            {
                logs[(i * k) + c] = (x[(i * k) + c] / temperature) - highest - Math.Log(sum);
            }
        }

        return logs;
    }

    /// <summary>softmax(x / t) of each of n rows.</summary>
    internal static double[] Rows(double[] x, int n, double temperature) => Array.ConvertAll(Logs(x, n, temperature), Math.Exp);
}
