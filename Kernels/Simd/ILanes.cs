namespace Vantage.Kernels.Simd;

/// <summary>The few vector operations the engine is written in, so that each algorithm exists once for every width.</summary>
/// <typeparam name="TVector">As many float32 as the width holds.</typeparam>
internal interface ILanes<TVector>
    where TVector : struct
{
    static abstract int Count { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(ref float source);

    /// <summary>The next Count bytes as numbers 0 to 255.</summary>
    static abstract TVector LoadBytes(ref byte source);

    static abstract void Store(TVector value, ref float destination);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a b + c, rounded once or twice.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Max(TVector a, TVector b);

    /// <summary>In each lane <paramref name="yes"/> where a equals b, else <paramref name="no"/>.</summary>
    static abstract TVector WhereEqual(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>In each lane <paramref name="yes"/> where a is less than b, else <paramref name="no"/>.</summary>
    static abstract TVector WhereLess(TVector a, TVector b, TVector yes, TVector no);

    static abstract TVector Floor(TVector value);

    static abstract TVector Sqrt(TVector value);

    /// <summary>The natural logarithm, of positive numbers.</summary>
    static abstract TVector Log(TVector value);

    static abstract TVector Exp(TVector value);

    /// <summary>Of angles in radians.</summary>
    static abstract (TVector Sine, TVector Cosine) SinCos(TVector value);

    /// <summary>Lane i takes the lane index[i] of the source; every index lies in 0 .. Count - 1.</summary>
    static abstract TVector Permute(TVector source, ref int index);

    static abstract float Sum(TVector value);

    /// <summary>The smallest and the largest lane.</summary>
    static abstract (float Low, float High) Range(TVector value);

    /// <summary>2^n in each lane, where the argument is n + 1.5 * 2^23 and n an integer from -126 to 127.</summary>
    static abstract TVector PowerOfTwo(TVector shifted);
}
