/// The vector kernels of rows: cross-entropy with three kinds of targets, products with rows of a bank.
module Vantage.Tests.RowKernelTests

open System
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

let private tiers = [
    if Runtime.Intrinsics.Vector512.IsHardwareAccelerated then
        512
    if Runtime.Intrinsics.Vector256.IsHardwareAccelerated then
        256
    32
]

let private number (x: float) : Scalar = x.ToScalar ()

let private matrix (values: float32 array) rows =
    torch.tensor(values).view(int64 rows, int64 (values.Length / rows)).to_type torch.float64

let private single seed count = numbers seed count |> Array.map float32

// Value and gradient by tensors in double: sum_i w_i CE(q_i, softmax(scale x_i)), less the entropy of q where asked for.
let private meant (x: float32 array) rows scale (q: torch.Tensor) (weights: float32 array) divergence =
    let leaf = (matrix x rows).detach().requires_grad_ true
    let logs = (leaf * number scale).log_softmax 1L
    let each = -((q * logs).sum 1L)
    let each = if divergence then each + (q * q.log ()).sum 1L else each
    let loss = (each * torch.tensor(weights).to_type(torch.float64)).sum()
    loss.backward ()
    loss.item<float>(), (nonNull leaf.grad).data<float>().ToArray()

let private near what (expected: float, slopes: float array) (found: float) (gradient: float32 array) =
    let scale = 1.0 + (slopes |> Array.map abs |> Array.max)
    Expect.isLessThan (abs (found - expected)) (Close.float32Loss * (1.0 + abs expected)) $"{what}: value"
    Expect.isLessThan
        (Close.worst slopes (gradient |> Array.map float))
        (Close.vectorGradient * scale)
        $"{what}: gradient"

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        let seed = seed % 1000000UL
        // Rows around a unit of work (32), widths around a vector (16).
        for bits in tiers do
            check seed (1 + int (seed % 70UL)) (1 + int (seed / 70UL % 40UL)) bits)

[<Tests>]
let tests =
    testList "Row kernels" [
        property "cross-entropy with distributions" (fun seed rows width bits ->
            let x, q = single seed (rows * width), single (seed + 1UL) (rows * width) |> Array.map abs
            let weights = single (seed + 2UL) rows |> Array.map abs
            let gradient = Array.zeroCreate x.Length
            let loss =
                Simd.CrossEntropyRows.Loss (
                    x.AsSpan (),
                    width,
                    2.0,
                    Simd.RowTarget.Distribution (q.AsSpan ()),
                    weights.AsSpan (),
                    1.0,
                    2,
                    gradient.AsSpan (),
                    bits
                )
            near
                $"{bits} bits, {rows} x {width}"
                (meant x rows 2.0 (matrix q rows) weights false)
                loss
                gradient)
        property
            "entropy of the mean of rows, by tensors in double and by any number of threads"
            (fun seed rows width bits ->
                let x = single seed (rows * width)
                let leaf = (matrix x rows).detach().requires_grad_ true
                let mean = (leaf * number 2.0).softmax(1L).mean [| 0L |]
                let loss = (mean * mean.log ()).sum() + number (log (float width))
                loss.backward ()
                let meant = loss.item<float>(), (nonNull leaf.grad).data<float>().ToArray()
                let run threads =
                    let gradient = Array.zeroCreate x.Length
                    Simd.MeanEntropyRows.Loss (x.AsSpan (), width, 2.0, threads, gradient.AsSpan (), bits),
                    gradient
                let value, gradient = run 1
                near $"{bits} bits, {rows} x {width}" meant value gradient
                Expect.equal (run 3) (value, gradient) "the same bits by three threads")
        property "divergence from the softmax of other logits less a centre" (fun seed rows width bits ->
            let x, t = single seed (rows * width), single (seed + 1UL) (rows * width)
            let centre = single (seed + 3UL) width
            let weights = Array.create rows 1f
            let gradient = Array.zeroCreate x.Length
            let loss =
                Simd.CrossEntropyRows.Loss (
                    x.AsSpan (),
                    width,
                    1.5,
                    Simd.RowTarget.Softmax (t.AsSpan (), centre.AsSpan (), 3.0, true),
                    ReadOnlySpan<float32>.Empty,
                    1.0,
                    1,
                    gradient.AsSpan (),
                    bits
                )
            let q = ((matrix t rows - matrix centre 1) * number 3.0).softmax 1L
            near $"{bits} bits, {rows} x {width}" (meant x rows 1.5 q weights true) loss gradient)
        property "cross-entropy with labels; a share of the gradient" (fun seed rows width bits ->
            let x = single seed (rows * width)
            let labels = integers (seed + 1UL) rows width |> Array.map int64
            let weights = Array.create rows 1f
            let gradient = Array.zeroCreate x.Length
            let loss =
                Simd.CrossEntropyRows.Loss (
                    x.AsSpan (),
                    width,
                    1.0,
                    Simd.RowTarget.Label (labels.AsSpan ()),
                    ReadOnlySpan<float32>.Empty,
                    0.25,
                    2,
                    gradient.AsSpan (),
                    bits
                )
            let q = torch.nn.functional.one_hot(torch.tensor labels, int64 width).to_type torch.float64
            let value, slopes = meant x rows 1.0 q weights false
            near
                $"{bits} bits, {rows} x {width}"
                (value, slopes |> Array.map (fun g -> g / 4.0))
                loss
                gradient)
        property "balanced codes" (fun seed rows width bits ->
            let scores = single seed (rows * width)
            let meant = Reference.Sinkhorn.Codes (Array.map float scores, rows, 0.25, 3)
            let run threads =
                let codes = Array.zeroCreate scores.Length
                Simd.BalancedCodes.Of (scores.AsSpan (), width, 0.25, 3, threads, codes.AsSpan (), bits)
                codes
            let found = run 2
            // Scores over an entropy weight of 0.25 reach 30: exponentials keep 30 x 2^-24.
            Expect.isLessThan
                (Close.worst meant (found |> Array.map float))
                (10.0 * Close.vectorGradient)
                $"{bits} bits, {rows} x {width}"
            Expect.equal (run 1) found "one thread")
        test
            "balanced codes: a prototype that no image comes near stays empty, and what is not a number shows" {
            for bits in tiers do
                let run (scores: float32 array) =
                    let codes = Array.zeroCreate scores.Length
                    Simd.BalancedCodes.Of (scores.AsSpan (), 3, 0.01, 3, 1, codes.AsSpan (), bits)
                    codes
                let far = [|
                    for i in 0..39 do
                        yield! [| 0.3f; 0.2f + float32 (i % 2) * 0.2f; -9f |]
                |]
                for row in Array.chunkBySize 3 (run far) do
                    Expect.equal row[2] 0f "no share"
                    Expect.floatClose Accuracy.medium (float (Array.sum row)) 1.0 "rows sum to 1"
                far[5] <- nanf
                Expect.isTrue (run far |> Array.exists Single.IsNaN) "not a number"
        }
        property "products with chosen rows of a bank, and their way back" (fun seed rows width bits ->
            let x, bank = single seed (rows * width), single (seed + 1UL) (9 * width)
            let chosen = integers (seed + 2UL) (rows * 5) 9 |> Array.map int64
            let scores, slopes = Array.zeroCreate (rows * 5), single (seed + 3UL) (rows * 5)
            let gradient = Array.zeroCreate x.Length
            Simd.BankProducts.Scores (
                x.AsSpan (),
                bank.AsSpan (),
                chosen.AsSpan (),
                width,
                2,
                scores.AsSpan (),
                bits
            )
            Simd.BankProducts.Gradient (
                slopes.AsSpan (),
                bank.AsSpan (),
                chosen.AsSpan (),
                width,
                2,
                gradient.AsSpan (),
                bits
            )
            let at p k = float bank[int chosen[p] * width + k]
            let expected =
                Array.init (rows * 5) (fun p ->
                    Seq.init width (fun k -> float x[p / 5 * width + k] * at p k) |> Seq.sum)
            let back =
                Array.init x.Length (fun i ->
                    Seq.init 5 (fun j ->
                        let p = i / width * 5 + j
                        float slopes[p] * at p (i % width))
                    |> Seq.sum)
            let scale = float width
            Expect.isLessThan
                (Close.worst expected (Array.map float scores))
                (Close.vectorGradient * scale)
                "scores"
            Expect.isLessThan
                (Close.worst back (Array.map float gradient))
                (Close.vectorGradient * scale)
                "back")
        property "unit rows, and their way back" (fun seed rows width bits ->
            let z, slopes = single seed (rows * width), single (seed + 1UL) (rows * width)
            let unit, lengths, back =
                Array.zeroCreate z.Length, Array.zeroCreate rows, Array.zeroCreate z.Length
            Simd.UnitLengths.Forward (z.AsSpan (), width, 1e-12f, 2, unit.AsSpan (), lengths.AsSpan (), bits)
            Simd.UnitLengths.Backward (
                unit.AsSpan (),
                slopes.AsSpan (),
                lengths.AsSpan (),
                width,
                1e-12f,
                2,
                back.AsSpan (),
                bits
            )
            let leaf = (matrix z rows).detach().requires_grad_ true
            let u = Torch.UnitRows.Of leaf
            (u * matrix slopes rows).sum().backward()
            let expected = (nonNull leaf.grad).data<float>().ToArray()
            Expect.isLessThan
                (Close.worst (u.data<float>().ToArray()) (Array.map float unit))
                Close.vectorGradient
                "rows"
            Expect.isLessThan
                (Close.worst expected (Array.map float back))
                // What is left where a slope along the row is taken off cancels: the error is the slope's, over the length.
                (Close.vectorGradient
                 * (1.0
                    + (slopes
                       |> Array.mapi (fun i g -> float (abs g / lengths[i / width]))
                       |> Array.max)))
                "gradient")
        test "what is not a number stays none, and labels that are no column are refused" {
            let gradient = Array.zeroCreate 4
            let loss (x: float32 array) labels =
                Simd.CrossEntropyRows.Loss (
                    x.AsSpan (),
                    2,
                    1.0,
                    Simd.RowTarget.Label (ReadOnlySpan<int64>(labels: int64 array)),
                    ReadOnlySpan<float32>.Empty,
                    1.0,
                    1,
                    gradient.AsSpan (),
                    32
                )
            Expect.isTrue (Double.IsNaN (loss [| 1f; nanf; 0f; 0f |] [| 0L; 0L |])) "not a number"
            let message =
                try
                    loss [| 1f; 2f; 0f; 0f |] [| 0L; 2L |] |> string
                with :? ArgumentException as e ->
                    e.Message
            Expect.stringContains message "a label is 2" "label"
        }
    ]
