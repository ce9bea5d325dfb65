using System;
using System.Runtime.CompilerServices;
using Vantage.Kernels.Interop;

namespace Vantage.Kernels.Simd;

/// <summary>Softmax, cross-entropy with a target and its slope, one row after the other while it sits in the first cache: no matrix but the gradient is written.</summary>
internal sealed unsafe class RowEntropy<TLanes, TVector>(CrossEntropyRows.Sides sides)
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Unit = 32; // rows that are added up together, whatever the number of threads
    private const float Nothing = -100; // the logarithm of what stands beyond a row's end: no share of any sum

    private readonly int _width = sides.Width, _padded = (sides.Width + TLanes.Count - 1) / TLanes.Count * TLanes.Count;

    /// <summary>The sum of all rows' losses, each times its weight.</summary>
    public double Run(int threads)
    {
        var sums = new double[(sides.Rows + Unit - 1) / Unit];
        var alone = (long)sides.Rows * _width < 1 << 15; // waking a thread takes as long
        Team.For(sums.Length, alone ? 1 : threads, unit => sums[unit] = Rows(unit * Unit));
        var total = 0.0;
        foreach (var sum in sums)
        {
            total += sum;
        }

        return total;
    }

    private double Rows(int first)
    {
        using var buffer = new NativeBuffer(4L * _padded);
        var logs = buffer.Pointer;
        var p = logs + _padded;
        var targetLogs = p + _padded;
        var q = targetLogs + _padded;
        var total = 0.0;
        for (var row = first; row < Math.Min(sides.Rows, first + Unit); row++)
        {
            var at = (long)row * _width;
            var weight = sides.Weights is null ? 1f : sides.Weights[row];
            var (entropy, mass, label) = (0.0, 1f, sides.Labels is null ? -1 : sides.Labels[row]);
            if (sides.Threshold >= 0)
            {
                var most = 1 / Softmax(sides.Targets + at, null, 1, targetLogs, q).Sum;
                weight *= (sides.Most ? most >= sides.Threshold : most > sides.Threshold) ? 1 : most * 0; // what is not a number stays none
            }

            if (sides.Most)
            {
                label = Math.Max(0, new ReadOnlySpan<float>(targetLogs, _width).IndexOf(0f));
            }
            else if (label < 0 && sides.TargetScale > 0)
            {
                var (all, level) = Softmax(sides.Targets + at, sides.Centre, (float)sides.TargetScale, targetLogs, q);
                Scale(q, 1 / all);
                entropy = sides.Divergence ? level - Dot(q, targetLogs).Product : 0;
            }
            else if (label < 0)
            {
                new ReadOnlySpan<float>(sides.Targets + at, _width).CopyTo(new Span<float>(q, _width));
            }

            var (sum, log) = Softmax(sides.Values + at, null, (float)sides.Scale, logs, p);
            double loss;
            if (label < 0)
            {
                (var product, mass) = Dot(q, logs);
                loss = (mass * log) - product - entropy;
            }
            else
            {
                loss = log - logs[label];
            }

            total += weight * loss;
            var slope = (float)(weight * sides.Scale * sides.Share);
            Slope(p, label < 0 ? q : null, mass / sum * slope, slope, sides.Gradient + at);
            if (label >= 0)
            {
                sides.Gradient[at + label] -= slope;
            }
        }

        return total;
    }

    // logs become (x - centre) scale less its maximum, e their exponentials; the sum of those and its logarithm.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal (float Sum, double Log) Softmax(float* x, float* centre, float scale, float* logs, float* e)
    {
        var factor = TLanes.Create(scale);
        var whole = _width - (_width % TLanes.Count);
        var highest = TLanes.Create(float.NegativeInfinity);
        for (var k = 0; k < whole; k += TLanes.Count)
        {
            var value = TLanes.Load(ref x[k]);
            highest = TLanes.Max(highest, TLanes.Multiply(centre is null ? value : TLanes.Subtract(value, TLanes.Load(ref centre[k])), factor));
        }

        var max = TLanes.Range(highest).High;
        for (var k = whole; k < _width; k++)
        {
            logs[k] = (centre is null ? x[k] : x[k] - centre[k]) * scale;
            max = Math.Max(max, logs[k]);
        }

        var (sum, shift) = (default(TVector), TLanes.Create(max));
        for (var k = 0; k < whole; k += TLanes.Count)
        {
            var value = TLanes.Load(ref x[k]);
            value = TLanes.Multiply(centre is null ? value : TLanes.Subtract(value, TLanes.Load(ref centre[k])), factor);
            value = TLanes.Subtract(value, shift);
            TLanes.Store(value, ref logs[k]);
            value = Exponential<TLanes, TVector>.Of(value);
            TLanes.Store(value, ref e[k]);
            sum = TLanes.Add(sum, value);
        }

        if (whole < _width)
        {
            for (var k = whole; k < _padded; k++)
            {
                logs[k] = k < _width ? logs[k] - max : Nothing;
            }

            var value = Exponential<TLanes, TVector>.Of(TLanes.Load(ref logs[whole]));
            TLanes.Store(value, ref e[whole]);
            sum = TLanes.Add(sum, value);
        }

        var all = TLanes.Sum(sum);
        return (all, Math.Log(all));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(float* q, float factor)
    {
        var f = TLanes.Create(factor);
        for (var k = 0; k < _padded; k += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(ref q[k]), f), ref q[k]);
        }

        new Span<float>(q + _width, _padded - _width).Clear();
    }

    // sum q logs, and sum q.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Product, float Mass) Dot(float* q, float* logs)
    {
        TVector product = default, mass = default;
        for (var k = 0; k < _padded; k += TLanes.Count)
        {
            var value = TLanes.Load(ref q[k]);
            product = TLanes.MultiplyAdd(value, TLanes.Load(ref logs[k]), product);
            mass = TLanes.Add(mass, value);
        }

        return (TLanes.Sum(product), TLanes.Sum(mass));
    }

    // to = p a - q b, without q where there is none.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Slope(float* p, float* q, float a, float b, float* to)
    {
        var (mine, theirs) = (TLanes.Create(a), TLanes.Create(-b));
        var whole = _width - (_width % TLanes.Count);
        for (var k = 0; k < whole; k += TLanes.Count)
        {
            var value = TLanes.Multiply(TLanes.Load(ref p[k]), mine);
            TLanes.Store(q is null ? value : TLanes.MultiplyAdd(TLanes.Load(ref q[k]), theirs, value), ref to[k]);
        }

        for (var k = whole; k < _width; k++)
        {
            to[k] = (p[k] * a) - (q is null ? 0 : q[k] * b);
        }
    }
}
