using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vantage.Kernels.Simd;

/// <summary>A stretch of one weight in memory: values, gradients and one or two states beside them.</summary>
internal readonly unsafe struct Stretch(float* value, float* gradient, float* first, float* second, int count)
{
    public float* Value { get; } = value;

    public float* Gradient { get; } = gradient;

    public float* First { get; } = first;

    public float* Second { get; } = second;

    public int Count { get; } = count;

    public Stretch Part(int from, int count) =>
        new(Value + from, Gradient + from, First + from, Second is null ? null : Second + from, count);
}

/// <summary>u = ratio (factor g + decay w); v := kept v + into u; w := w - rate v, or w - rate (kept v + into u) with Nesterov's momentum.</summary>
internal readonly record struct MomentumStep(float Factor, float Decay, float Ratio, float Kept, float Into, float Rate, bool Nesterov);

/// <summary>m := kept m + (1 - kept) g and s := keptSquare s + (1 - keptSquare) g^2, of g = factor times the gradient.</summary>
internal readonly record struct MomentsStep(float Factor, float Kept, float Share, float KeptSquare, float ShareOfSquare);

/// <summary>r = scale m / (scaleOfRoot sqrt(s) + epsilon) + decay w; w := shrink w - rate r.</summary>
internal readonly record struct AdaptiveStep(float Scale, float ScaleOfRoot, float Epsilon, float Decay, float Shrink, float Rate);

/// <summary>
/// Steps of optimisers over a weight's memory: each value is read and written once, where tensor operations go over memory once an operation.
/// Each value's result depends on nothing beside it, so it is the same bits for any cut into stretches of whole vectors.
/// </summary>
internal static class WeightSteps
{
    /// <summary>A step with momentum.</summary>
    public static void Momentum(Stretch it, in MomentumStep step)
    {
        switch (SymmetricSoftmax.Bits)
        {
            case 512: Lanes<Lanes512, Vector512<float>>.Momentum(it, step); break;
            case 256: Lanes<Lanes256, Vector256<float>>.Momentum(it, step); break;
            default: Lanes<Lanes1, float>.Momentum(it, step); break;
        }
    }

    /// <summary>Moments alone.</summary>
    public static void Moments(Stretch it, in MomentsStep step)
    {
        switch (SymmetricSoftmax.Bits)
        {
            case 512: Lanes<Lanes512, Vector512<float>>.Moments(it, step); break;
            case 256: Lanes<Lanes256, Vector256<float>>.Moments(it, step); break;
            default: Lanes<Lanes1, float>.Moments(it, step); break;
        }
    }

    /// <summary>A step by the moments.</summary>
    public static void Adaptive(Stretch it, in AdaptiveStep step)
    {
        switch (SymmetricSoftmax.Bits)
        {
            case 512: Lanes<Lanes512, Vector512<float>>.Adaptive(it, step); break;
            case 256: Lanes<Lanes256, Vector256<float>>.Adaptive(it, step); break;
            default: Lanes<Lanes1, float>.Adaptive(it, step); break;
        }
    }

    /// <summary>The sums of squares of w and of factor g + decay w.</summary>
    public static (double Weight, double Slope) Squares(Stretch it, float factor, float decay) => SymmetricSoftmax.Bits switch
    {
        512 => Lanes<Lanes512, Vector512<float>>.Squares(it, factor, decay),
        256 => Lanes<Lanes256, Vector256<float>>.Squares(it, factor, decay),
        _ => Lanes<Lanes1, float>.Squares(it, factor, decay),
    };

    /// <summary>The sums of squares of w and of r.</summary>
    public static (double Weight, double Slope) Squares(Stretch it, in AdaptiveStep step) => SymmetricSoftmax.Bits switch
    {
        512 => Lanes<Lanes512, Vector512<float>>.Squares(it, step),
        256 => Lanes<Lanes256, Vector256<float>>.Squares(it, step),
        _ => Lanes<Lanes1, float>.Squares(it, step),
    };

    /// <summary>value := kept value + share first: a copy follows what is learnt.</summary>
    public static void Follow(Stretch it, float kept, float share)
    {
        switch (SymmetricSoftmax.Bits)
        {
            case 512: Lanes<Lanes512, Vector512<float>>.Follow(it, kept, share); break;
            case 256: Lanes<Lanes256, Vector256<float>>.Follow(it, kept, share); break;
            default: Lanes<Lanes1, float>.Follow(it, kept, share); break;
        }
    }

    // Each method goes as far as whole vectors do, and leaves the rest to itself with one lane.
    private static unsafe class Lanes<TLanes, TVector>
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        private static int Whole(int count) => count - (count % TLanes.Count);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Momentum(Stretch it, in MomentumStep step)
        {
            float* w = it.Value, g = it.Gradient, v = it.First;
            var whole = Whole(it.Count);
            var (factor, decay, ratio) = (TLanes.Create(step.Factor), TLanes.Create(step.Decay), TLanes.Create(step.Ratio));
            var (kept, into, back) = (TLanes.Create(step.Kept), TLanes.Create(step.Into), TLanes.Create(-step.Rate));
            var nesterov = step.Nesterov;
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var weight = TLanes.Load(ref w[k]);
                var u = TLanes.MultiplyAdd(decay, weight, TLanes.Multiply(factor, TLanes.Load(ref g[k])));
                u = TLanes.Multiply(into, TLanes.Multiply(ratio, u));
                var velocity = TLanes.MultiplyAdd(kept, TLanes.Load(ref v[k]), u);
                TLanes.Store(velocity, ref v[k]);
                var by = nesterov ? TLanes.MultiplyAdd(kept, velocity, u) : velocity;
                TLanes.Store(TLanes.MultiplyAdd(back, by, weight), ref w[k]);
            }

            if (whole < it.Count)
            {
                Lanes<Lanes1, float>.Momentum(it.Part(whole, it.Count - whole), step);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Moments(Stretch it, in MomentsStep step)
        {
            float* g = it.Gradient, m = it.First, s = it.Second;
            var whole = Whole(it.Count);
            var (factor, kept, share) = (TLanes.Create(step.Factor), TLanes.Create(step.Kept), TLanes.Create(step.Share));
            var (keptSquare, shareOfSquare) = (TLanes.Create(step.KeptSquare), TLanes.Create(step.ShareOfSquare));
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var slope = TLanes.Multiply(factor, TLanes.Load(ref g[k]));
                TLanes.Store(TLanes.MultiplyAdd(share, slope, TLanes.Multiply(kept, TLanes.Load(ref m[k]))), ref m[k]);
                var square = TLanes.Multiply(keptSquare, TLanes.Load(ref s[k]));
                TLanes.Store(TLanes.MultiplyAdd(TLanes.Multiply(shareOfSquare, slope), slope, square), ref s[k]);
            }

            if (whole < it.Count)
            {
                Lanes<Lanes1, float>.Moments(it.Part(whole, it.Count - whole), step);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Slope(TVector weight, float* m, float* s, TVector scale, TVector scaleOfRoot, TVector epsilon, TVector decay)
        {
            var deviation = TLanes.MultiplyAdd(TLanes.Sqrt(TLanes.Load(ref *s)), scaleOfRoot, epsilon);
            return TLanes.MultiplyAdd(decay, weight, TLanes.Divide(TLanes.Multiply(scale, TLanes.Load(ref *m)), deviation));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Adaptive(Stretch it, in AdaptiveStep step)
        {
            var w = it.Value;
            var whole = Whole(it.Count);
            var (scale, root, epsilon) = (TLanes.Create(step.Scale), TLanes.Create(step.ScaleOfRoot), TLanes.Create(step.Epsilon));
            var (decay, shrink, back) = (TLanes.Create(step.Decay), TLanes.Create(step.Shrink), TLanes.Create(-step.Rate));
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var weight = TLanes.Load(ref w[k]);
                var slope = Slope(weight, it.First + k, it.Second + k, scale, root, epsilon, decay);
                TLanes.Store(TLanes.MultiplyAdd(back, slope, TLanes.Multiply(shrink, weight)), ref w[k]);
            }

            if (whole < it.Count)
            {
                Lanes<Lanes1, float>.Adaptive(it.Part(whole, it.Count - whole), step);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static (double Weight, double Slope) Squares(Stretch it, float factor, float decay)
        {
            float* w = it.Value, g = it.Gradient;
            var whole = Whole(it.Count);
            var (times, more) = (TLanes.Create(factor), TLanes.Create(decay));
            TVector weights = default, slopes = default;
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var weight = TLanes.Load(ref w[k]);
                var u = TLanes.MultiplyAdd(more, weight, TLanes.Multiply(times, TLanes.Load(ref g[k])));
                weights = TLanes.MultiplyAdd(weight, weight, weights);
                slopes = TLanes.MultiplyAdd(u, u, slopes);
            }

            var rest = whole < it.Count ? Lanes<Lanes1, float>.Squares(it.Part(whole, it.Count - whole), factor, decay) : default;
            return (TLanes.Sum(weights) + rest.Weight, TLanes.Sum(slopes) + rest.Slope);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static (double Weight, double Slope) Squares(Stretch it, in AdaptiveStep step)
        {
            var w = it.Value;
            var whole = Whole(it.Count);
            var (scale, root) = (TLanes.Create(step.Scale), TLanes.Create(step.ScaleOfRoot));
            var (epsilon, decay) = (TLanes.Create(step.Epsilon), TLanes.Create(step.Decay));
            TVector weights = default, slopes = default;
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                var weight = TLanes.Load(ref w[k]);
                var slope = Slope(weight, it.First + k, it.Second + k, scale, root, epsilon, decay);
                weights = TLanes.MultiplyAdd(weight, weight, weights);
                slopes = TLanes.MultiplyAdd(slope, slope, slopes);
            }

            var rest = whole < it.Count ? Lanes<Lanes1, float>.Squares(it.Part(whole, it.Count - whole), step) : default;
            return (TLanes.Sum(weights) + rest.Weight, TLanes.Sum(slopes) + rest.Slope);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Follow(Stretch it, float kept, float share)
        {
            float* w = it.Value, other = it.First;
            var whole = Whole(it.Count);
            var (mine, theirs) = (TLanes.Create(kept), TLanes.Create(share));
            for (var k = 0; k < whole; k += TLanes.Count)
            {
                TLanes.Store(TLanes.MultiplyAdd(theirs, TLanes.Load(ref other[k]), TLanes.Multiply(mine, TLanes.Load(ref w[k]))), ref w[k]);
            }

            if (whole < it.Count)
            {
                Lanes<Lanes1, float>.Follow(it.Part(whole, it.Count - whole), kept, share);
            }
        }
    }
}
