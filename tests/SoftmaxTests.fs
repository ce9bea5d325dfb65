module Vantage.Tests.SoftmaxTests

open System
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

let private widths = [
    if Runtime.Intrinsics.Vector512.IsHardwareAccelerated then
        512
    if Runtime.Intrinsics.Vector256.IsHardwareAccelerated then
        256
    32
]

// Unit rows as float32, and the same in a tensor of double.
let private unitRows seed rows width =
    let x = torch.tensor(numbers seed (rows * width)).reshape(int64 rows, int64 width)
    let u = Torch.UnitRows.Of(x).to_type torch.float32
    u.data<float32>().ToArray(), u.to_type torch.float64

// The vector kernel's log-sum-exps and gradient.
let private vector (u: float32 array) width (t: float) period bound threads bits (weights: float array) =
    let lse, gradient = Array.zeroCreate weights.Length, Array.zeroCreate u.Length
    Simd.SymmetricSoftmax.LogSums (u.AsSpan (), width, 1.0 / t, period, bound, threads, lse.AsSpan (), bits)
    let weights = weights |> Array.map float32
    Simd.SymmetricSoftmax.Gradient (
        u.AsSpan (),
        width,
        1.0 / t,
        period,
        bound,
        threads,
        lse.AsSpan (),
        weights.AsSpan (),
        gradient.AsSpan (),
        bits
    )
    lse, gradient

// The same by tensors in double.
let private tensors (u: torch.Tensor) (t: float) period (weights: float array) =
    let u = u.detach().requires_grad_ true
    let lse = Torch.LogSumExp.Among (u, 1.0 / t, int64 period, nan, 5)
    (lse * torch.tensor weights).sum().backward()
    lse.data<float>().ToArray(), (nonNull u.grad).data<float>().ToArray()

let private check rows width t period bits =
    use _ = torch.NewDisposeScope ()
    let values, u = unitRows (uint64 (rows * 31 + width)) rows width
    let weights = numbers 9UL rows |> Array.map (fun w -> (1.0 + w * w) / float rows)
    let lse, gradient = tensors u t period weights
    let largest = gradient |> Array.map abs |> Array.max
    for bound in
        [
            nan
            if 1.0 / t <= Torch.LogSumExp.LargestBound then
                1.0 / t
        ] do
        let found, back = vector values width t period bound 2 bits weights
        let what = $"{rows} x {width}, t = {t}, period {period}, bound {bound}, {bits} bits"
        Expect.isLessThan
            (Close.worst lse (found |> Array.map float))
            (Close.vectorSum + Close.float32Cosine / t)
            what
        Expect.isLessThan
            (Close.worst gradient (back |> Array.map float))
            ((Close.vectorGradient + Close.float32Cosine / t)
             * (largest + 1.0 / (t * float rows)))
            what

/// The softmax of rows over each other in vectors, with tensors in double as its reference.
[<Tests>]
let tests =
    testList "Vector softmax" [
        for bits in widths do
            test $"the exponential, {bits} bits" {
                let x = Array.init 20001 (fun i -> float32 (-87.0 + 175.0 * float i / 20000.0))
                let e = Array.copy x
                Simd.Exponentials.InPlace (e.AsSpan (), bits)
                let worst =
                    Array.map2
                        (fun x (e: float32) -> abs (float e - exp (float x)) / exp (float x))
                        (x |> Array.map float)
                        e
                    |> Array.max
                Expect.isLessThan worst Close.exponential "relative"
                let ends = [| Single.NegativeInfinity; -1000.0f; 0.0f; 1000.0f; Single.NaN |]
                Simd.Exponentials.InPlace (ends.AsSpan (), bits)
                Expect.isTrue (ends[0] < 2e-38f && ends[1] < 2e-38f && ends[2] = 1.0f) $"%A{ends}"
                Expect.isTrue (Single.IsFinite ends[3] && Single.IsNaN ends[4]) $"%A{ends}"
            }
            test $"sizes about vectors and tiles, {bits} bits" {
                for rows in [ 2; 3; 15; 16; 17; 31; 32; 33; 63; 65; 95; 96; 97 ] do
                    for width in [ 1; 5; 16; 33 ] do
                        check rows width 0.5 rows bits
                for rows in [ 192; 384; 386 ] do
                    check rows 17 0.2 rows bits
                    check rows 17 0.2 (rows / 2) bits
            }
            test $"temperatures, {bits} bits" {
                for t in [ 1e-4; 0.01; 0.03; 0.1; 1.0; 1e4 ] do
                    check 70 8 t 70 bits
                    check 70 8 t 35 bits
            }
        test "the largest tiles" {
            for rows in [ 1535; 1536; 1538 ] do
                check rows 12 0.3 rows widths.Head
        }
        test "the number of threads changes no bit" {
            use _ = torch.NewDisposeScope ()
            let values, _ = unitRows 5UL 500 20
            let weights = Array.create 500 0.01
            let one = vector values 20 0.1 500 10.0 1 widths.Head weights
            for threads in [ 2; 3; 8 ] do
                Expect.equal
                    (vector values 20 0.1 500 10.0 threads widths.Head weights)
                    one
                    $"{threads} threads"
        }
        test "rows over candidates: sizes about vectors, tiles and shares" {
            use _ = torch.NewDisposeScope ()
            let sizes = [
                for rows in [ 1; 2; 6; 7; 191; 193 ] do
                    for candidates in [ 1; 15; 16; 33; 192; 193; 770 ] do
                        rows, candidates, 5
                1, 1, 1
                30, 40, 33
                20, 3300, 16
                1540, 200, 8
            ]
            for bits in widths do
                for rows, candidates, width in sizes do
                    for t in [ 0.3; 1e-4; 1e4 ] do
                        use _ = torch.NewDisposeScope ()
                        let x, ux = unitRows (uint64 rows) rows width
                        let y, uy = unitRows 77UL candidates width
                        let leaf = ux.detach().requires_grad_ true
                        let others = uy.detach().requires_grad_ true
                        let expected = Torch.LogSumExp.Over (leaf, others, 1.0 / t, tileRows = 100)
                        expected.sum().backward()
                        let lse, slopes = Array.zeroCreate rows, Array.zeroCreate x.Length
                        let run threads (lse: float32 array) (slopes: float32 array) =
                            Simd.CrossSoftmax.LogSums (
                                x.AsSpan (),
                                y.AsSpan (),
                                width,
                                1.0 / t,
                                threads,
                                lse.AsSpan (),
                                slopes.AsSpan (),
                                bits
                            )
                        run 2 lse slopes
                        let what = $"{rows} over {candidates} x {width}, t = {t}, {bits} bits"
                        Expect.isLessThan
                            (Close.worst (expected.data<float>().ToArray()) (lse |> Array.map float))
                            (Close.vectorSum + Close.float32Cosine / t)
                            what
                        Expect.isLessThan
                            (Close.worst
                                ((nonNull leaf.grad).data<float>().ToArray())
                                (slopes |> Array.map float))
                            ((Close.vectorGradient + Close.float32Cosine / t) / t)
                            what
                        let again = Array.zeroCreate rows, Array.zeroCreate x.Length
                        run 1 (fst again) (snd again)
                        Expect.equal again (lse, slopes) "one thread"
                        let candidates threads =
                            let slopes = Array.zeroCreate y.Length
                            Simd.CrossSoftmax.Candidates (
                                x.AsSpan (),
                                y.AsSpan (),
                                width,
                                1.0 / t,
                                threads,
                                lse.AsSpan (),
                                (Array.create rows 1f).AsSpan(),
                                slopes.AsSpan (),
                                bits
                            )
                            slopes
                        // Every row adds its own rounding.
                        Expect.isLessThan
                            (Close.worst
                                ((nonNull others.grad).data<float>().ToArray())
                                (candidates 2 |> Array.map float))
                            (float rows * (Close.vectorGradient + Close.float32Cosine / t) / t)
                            $"candidates, {what}"
                        Expect.equal (candidates 1) (candidates 2) "one thread"
        }
        test "candidates divided by their lengths on the way" {
            use _ = torch.NewDisposeScope ()
            let x, _ = unitRows 3UL 20 33
            let y, _ = unitRows 4UL 400 33
            let long = y |> Array.mapi (fun i v -> v * float32 (1 + i / 33 % 7))
            for bits in widths do
                let run unit (y: float32 array) =
                    let lse, slopes = Array.zeroCreate 20, Array.zeroCreate x.Length
                    Simd.CrossSoftmax.LogSums (
                        x.AsSpan (),
                        y.AsSpan (),
                        33,
                        5.0,
                        2,
                        lse.AsSpan (),
                        slopes.AsSpan (),
                        bits,
                        unit
                    )
                    Array.append lse slopes |> Array.map float
                Expect.isLessThan
                    (Close.worst (run false y) (run true long))
                    (5.0 * Close.vectorGradient)
                    $"{bits} bits"
        }
        test "rows of large products take the search for maxima" {
            use _ = torch.NewDisposeScope ()
            let x = numbers 6UL (40 * 6) |> Array.map (fun v -> float (float32 (30.0 * v)))
            let weights = Array.create 40 1.0
            let lse, gradient = tensors (torch.tensor(x).reshape(40L, 6L)) 1.0 40 weights
            let found, back = vector (Array.map float32 x) 6 1.0 40 nan 2 widths.Head weights
            let largest = lse |> Array.map abs |> Array.max
            Expect.isLessThan
                (Close.worst lse (found |> Array.map float))
                (Close.float32Cosine * largest)
                "value"
            let scale = gradient |> Array.map abs |> Array.max
            Expect.isLessThan
                (Close.worst gradient (back |> Array.map float))
                (Close.float32Cosine * largest * scale)
                "gradient"
        }
        test "what does not fit is refused" {
            Expect.throwsT<ArgumentException>
                (fun () -> Simd.Exponentials.InPlace (Span<float32>.Empty, 128))
                "bits"
            Expect.throwsT<ArgumentException>
                (fun () ->
                    let u, lse = Array.zeroCreate<float32>(7), Array.zeroCreate<float32>(2)
                    Simd.SymmetricSoftmax.LogSums (u.AsSpan (), 3, 1.0, 2, nan, 1, lse.AsSpan (), 32))
                "lengths"
        }
    ]
