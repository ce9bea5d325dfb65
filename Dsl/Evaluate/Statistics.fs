namespace Vantage

open System
open System.Globalization
open Vantage.Kernels

/// A figure over seeds.
type Summary = {
    Count: int
    Mean: float
    /// The sample standard deviation; not a number for one value.
    Deviation: float
    /// A 95 % interval of the mean by bootstrap percentiles.
    Low: float
    High: float
}

/// Two recipes' figures under the same seeds.
type Difference = {
    /// Of the differences b - a, seed by seed.
    Of: Summary
    /// The chance of a mean difference as large, either way, if the recipes were the same.
    P: float
    /// The smallest p that so many seeds can give.
    Least: float
}

/// Mean, spread, intervals and tests over seeds. What is drawn is drawn by Philox: the same seed gives the same interval everywhere.
module Statistics =
    // The view numbers under which these draws lie, apart from those of images.
    let private bootstrapView, flipView = 0xFFE0, 0xFFE1

    let private resamples = 10_000

    /// At most this many values have all their sign flips counted, 2^15; more have 100,000 drawn.
    let exactly = 15

    let private flips = 100_000

    let private finite name (values: float array) =
        if values.Length = 0 then
            invalidArg name "no values: a mean needs at least one"
        match values |> Array.tryFind (Double.IsFinite >> not) with
        | Some v -> invalidArg name $"the value {v} is not finite; leave the run out or repeat it"
        | None -> ()

    /// The sample standard deviation: not a number for one value.
    let deviation (values: float array) =
        let mean = Array.average values
        sqrt ((values |> Array.sumBy (fun v -> (v - mean) ** 2.0)) / float (values.Length - 1))

    /// The quantile of sorted values between 0 and 1, linear between neighbours (as NumPy's and R's default, type 7 of Hyndman and Fan 1996).
    let quantile share (sorted: float array) =
        let at = share * float (sorted.Length - 1)
        let low = int (floor at)
        let high = min (low + 1) (sorted.Length - 1)
        sorted[low] + (at - float low) * (sorted[high] - sorted[low])

    /// The percentile interval (Efron 1979) of the mean of values, at this level between 0 and 1, from 10,000 resamples drawn from the seed.
    /// With few values it is too narrow: 3 values give about 75 % where 95 % are asked for.
    let interval (seed: uint64) level (values: float array) =
        finite (nameof values) values
        let n = values.Length
        let means =
            Array.init resamples (fun r ->
                let mutable sum = 0.0
                for i in 0 .. n - 1 do
                    let u = Philox.Uniform (seed, r, int64 i, bootstrapView, 0)
                    sum <- sum + values[int (float u * float n)]
                sum / float n)
        Array.sortInPlace means
        quantile (0.5 - level / 2.0) means, quantile (0.5 + level / 2.0) means

    /// Count, mean, spread and 95 % interval.
    let summary seed (values: float array) =
        let low, high = interval seed 0.95 values
        {
            Count = values.Length
            Mean = Array.average values
            Deviation = deviation values
            Low = low
            High = high
        }

    /// The two-sided p of the paired sign-flip permutation test (Fisher 1935): the share of the 2^n ways to give each difference a sign whose sum is as far
    /// from 0 as theirs. Up to 15 differences are counted out; for more, 100,000 ways are drawn from the seed, and (as large + 1) / (drawn + 1) is given.
    let signFlip (seed: uint64) (differences: float array) =
        finite (nameof differences) differences
        let n = differences.Length
        let observed = abs (Array.sum differences)
        // Sums in another order may differ in the last place; ties must count.
        let slack = 1e-12 * (differences |> Array.sumBy abs)
        let asLarge (sign: int -> bool) =
            let mutable sum = 0.0
            for i in 0 .. n - 1 do
                sum <- if sign i then sum - differences[i] else sum + differences[i]
            abs sum >= observed - slack
        if n <= exactly then
            let count =
                Seq.init (1 <<< n) (fun way -> if asLarge (fun i -> (way >>> i) &&& 1 = 1) then 1 else 0)
                |> Seq.sum
            float count / float (1 <<< n)
        else
            let count =
                Seq.init flips (fun way ->
                    if asLarge (fun i -> Philox.Bits (seed, way, int64 i, flipView, 0) &&& 1u = 1u) then
                        1
                    else
                        0)
                |> Seq.sum
            float (count + 1) / float (flips + 1)

    /// The differences b - a of figures under the same seeds, in the same order.
    let compare seed (a: float array) (b: float array) =
        if a.Length <> b.Length then
            invalidArg (nameof b) $"{a.Length} runs against {b.Length}: pairs need as many of each"
        let differences = Array.map2 (fun x y -> y - x) a b
        {
            Of = summary seed differences
            P = signFlip seed differences
            Least =
                if a.Length <= exactly then
                    2.0 / float (1L <<< a.Length)
                else
                    1.0 / float (flips + 1)
        }

    let private two (x: float) = x.ToString ("F2", CultureInfo.InvariantCulture)

    let private p (x: float) = x.ToString ("0.####", CultureInfo.InvariantCulture)

    /// Whether the difference between a and b is there, in words. It is said to be there below p = 0.05 only; with too few seeds for that, the sentence says so
    /// and how many are needed.
    let words nameA nameB what (d: Difference) =
        let of' = d.Of
        let direction = if of'.Mean >= 0.0 then "more" else "less"
        let found =
            $"{nameB} has {two (abs of'.Mean)} {direction} {what} than {nameA} over {of'.Count} paired seeds (95 %% interval of the difference {two of'.Low} to {two of'.High}, p = {p d.P})"
        if d.Least > 0.05 then
            $"{found}. Whether that is there cannot be said: {of'.Count} seeds cannot give a p below {p d.Least}; run at least 6 seeds of each."
        elif d.P < 0.05 then
            $"{found}. The difference is there."
        else
            $"{found}. No difference is shown."
