using System;

namespace Vantage.Kernels.Reference;

/// <summary>What the references of batch statistics share: rows by column, means, and the way back through a standardization.</summary>
internal static class Batch
{
    /// <summary>Checks two views of n rows of one width, and gives the width.</summary>
    internal static int Width(double[] a, double[] b, int n, int least)
    {
        if (n < least || a.Length != b.Length || a.Length == 0 || a.Length % n != 0)
        {
            throw new ArgumentException($"{a.Length} and {b.Length} values are not two times {n} rows of equal width; at least {least} rows are needed");
        }

        return a.Length / n;
    }

    /// <summary>The mean of each column.</summary>
    internal static double[] Means(double[] x, int n)
    {
        var d = x.Length / n;
        var means = new double[d];
        for (var i = 0; i < x.Length; i++)
        {
            means[i % d] += x[i] / n;
        }

        return means;
    }

    /// <summary>The sum of squared differences from the mean, each column, over this divisor.</summary>
    internal static double[] Variances(double[] x, double[] means, double divisor)
    {
        var d = means.Length;
        var variances = new double[d];
        for (var i = 0; i < x.Length; i++)
        {
            variances[i % d] += (x[i] - means[i % d]) * (x[i] - means[i % d]) / divisor;
        }

        return variances;
    }
}
