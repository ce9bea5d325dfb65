/// NT-Xent and InfoNCE with products of bfloat16: what rounding costs, and that nothing else differs.
module Vantage.Tests.BFloat16Tests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Objectives

let private half = Torch.Products.BFloat16

let private matrix (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows)).to_type torch.float32

// Value and gradient of a loss of two tensors, of which the first alone or both learn.
let private run
    (loss: torch.Tensor -> torch.Tensor -> torch.Tensor)
    both
    (a: torch.Tensor)
    (b: torch.Tensor)
    =
    let x, y = a.detach().requires_grad_ true, b.detach().requires_grad_ both
    let value = loss x y
    value.backward ()
    let slope (t: torch.Tensor) = (nonNull t.grad).to_type(torch.float64).data<float>().ToArray()
    value.to_type(torch.float64).item<float>(), Array.append (slope x) (if both then slope y else [||])

/// The losses that have such products: name, whether the second input learns, the loss of two inputs with products of a type, in tiles of so many rows.
let private losses (t: float) = [
    "NT-Xent", true, (fun products tile a b -> Torch.NtXent.Loss (a, b, t, true, products, tile))
    "queue",
    false,
    (fun products tile (a: torch.Tensor) (b: torch.Tensor) ->
        let queue = torch.cat ([| b * 3.0.ToScalar(); a.detach().flip 0L; b.flip 0L |], 0L)
        Torch.InfoNce.Queue (a, b, queue, t, true, tile, products))
    "batch", false, (fun products tile a b -> Torch.InfoNce.InBatch (a, b, t, true, tile, products))
    "bank",
    false,
    (fun products tile (a: torch.Tensor) (b: torch.Tensor) ->
        Torch.InfoNce.Bank (a, Torch.UnitRows.Of b, torch.arange a.shape[0], t, true, tile, products))
]

// Rounded as the kernel rounds them, in double.
let private rounded (z: torch.Tensor) = (Torch.UnitRows.Of z).to_type(torch.bfloat16).to_type torch.float64

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        let seed = seed % 1000000UL
        let n, d = 1 + int (seed % 70UL), 1 + int (seed / 70UL % 40UL)
        let t = [| 0.07; 0.2; 1.0 |][int (seed % 3UL)]
        let a, b = matrix (numbers seed (n * d)) n, matrix (numbers (seed + 1UL) (n * d)) n
        check n t a b)

/// How far a gradient's entries may be, of the largest: softmax weights move with their logits and by their own rounding.
let private gradientOff (t: float) n (slopes: float array) =
    let largest = slopes |> Array.map abs |> Array.fold max 0.0
    (2.0 * Close.bfloat16Cosine / t + 2.0 * Close.bfloat16Weight)
    * (largest + 2.0 / (t * float n))

[<Tests>]
let tests =
    testList "Products of bfloat16" [
        test "the meta device: nothing is read, and the gradient stays there" {
            use _ = torch.NewDisposeScope ()
            let leaf () = torch.zeros(6L, 4L, dtype = torch.float32, device = torch.META).requires_grad_ true
            let rows () = (leaf ()).detach()
            for name, loss in
                [
                    "NT-Xent", (fun a -> Torch.NtXent.Loss (a, leaf (), 0.2, true, half))
                    "queue", (fun a -> Torch.InfoNce.Queue (a, rows (), rows (), 0.2, true, products = half))
                    "batch", (fun a -> Torch.InfoNce.InBatch (a, rows (), 0.2, true, products = half))
                ] do
                let a = leaf ()
                let value: torch.Tensor = loss a
                Expect.equal value.device_type DeviceType.META $"{name}: value"
                value.backward ()
                Expect.equal (nonNull a.grad).device_type DeviceType.META $"{name}: gradient"
        }
        property "value and gradient stay within what rounding moves a cosine" (fun n t a b ->
            for name, both, loss in losses t do
                let double (z: torch.Tensor) = z.to_type torch.float64
                let value, slopes = run (loss Torch.Products.Full 0) both (double a) (double b)
                let found, back = run (loss half 0) both a b
                Expect.isLessThan
                    (abs (found - value))
                    (2.0 * Close.bfloat16Cosine / t + Close.float32Loss)
                    $"{name}: value"
                // Lengths divide the slopes, and short rows are among the normal ones.
                let scale = 1.0 / float (a.norm(1).min().item<float32>())
                Expect.isLessThan
                    (Close.worst slopes back)
                    (gradientOff t n slopes * max 1.0 scale)
                    $"{name}: gradient")
        property "the value is that of rounded embeddings, to float32's rounding" (fun _ t a b ->
            for name, _, loss in losses t |> List.filter (fun (name, _, _) -> name <> "bank") do
                use _ = torch.NewDisposeScope ()
                let mean =
                    match name with
                    | "NT-Xent" -> Torch.NtXent.Loss (rounded a, rounded b, t, false)
                    | "batch" -> Torch.InfoNce.InBatch (rounded a, rounded b, t, false)
                    | _ ->
                        let queue = torch.cat ([| b * 3.0.ToScalar(); a.flip 0L; b.flip 0L |], 0L)
                        Torch.InfoNce.Queue (rounded a, rounded b, rounded queue, t, false)
                let expected = mean.item<float>()
                let found, _ = run (loss half 0) (name = "NT-Xent") a b
                Expect.isLessThan
                    (abs (found - expected))
                    (Close.float32Loss * (1.0 + abs expected))
                    $"{name}, t = {t}")
        property
            "rounded rows in float32, where the processor has no such products, give the same"
            (fun n t a b ->
                for name, both, loss in losses t do
                    let value, slopes = run (loss half 7) both a b
                    let found, back = run (loss half 0) both a b
                    Expect.isLessThan
                        (abs (found - value))
                        (Close.float32Loss * (1.0 + abs value))
                        $"{name}: value"
                    let scale = 1.0 / float (a.norm(1).min().item<float32>())
                    let largest = slopes |> Array.map abs |> Array.max
                    Expect.isLessThan
                        (Close.worst slopes back)
                        (2.0 * Close.bfloat16Weight * (largest + 2.0 / (t * float n)) * max 1.0 scale)
                        $"{name}: gradient")
        test "blocks of all sizes, and any number of threads" {
            for rows, width in [ 1, 1; 31, 33; 65, 5; 400, 40; 1540, 16; 2100, 64 ] do
                use _ = torch.NewDisposeScope ()
                let z = torch.tensor(numbers 7UL (rows * width)).reshape(int64 rows, int64 width)
                let u = (Torch.UnitRows.Of z).to_type(torch.bfloat16).to_type torch.float32
                let values = u.data<float32>().ToArray()
                let weights = Array.create rows (1f / float32 rows)
                let both halves threads bound =
                    let lse, gradient = Array.zeroCreate rows, Array.zeroCreate values.Length
                    Simd.SymmetricSoftmax.LogSums (
                        values.AsSpan (),
                        width,
                        5.0,
                        (rows + 1) / 2,
                        bound,
                        threads,
                        lse.AsSpan (),
                        Simd.SymmetricSoftmax.Bits,
                        halves
                    )
                    Simd.SymmetricSoftmax.Gradient (
                        values.AsSpan (),
                        width,
                        5.0,
                        (rows + 1) / 2,
                        bound,
                        threads,
                        lse.AsSpan (),
                        weights.AsSpan (),
                        gradient.AsSpan (),
                        Simd.SymmetricSoftmax.Bits,
                        halves
                    )
                    let cross, slopes = Array.zeroCreate rows, Array.zeroCreate values.Length
                    Simd.CrossSoftmax.LogSums (
                        values.AsSpan (),
                        values.AsSpan (),
                        width,
                        5.0,
                        threads,
                        cross.AsSpan (),
                        slopes.AsSpan (),
                        Simd.SymmetricSoftmax.Bits,
                        false,
                        halves
                    )
                    Array.append lse cross |> Array.map float, Array.append gradient slopes |> Array.map float
                if Simd.SymmetricSoftmax.Bits > 0 && rows > 2 then
                    for bound in [ 5.1; nan ] do
                        let value, slope = both false 2 bound
                        let found, back = both true 2 bound
                        Expect.isLessThan (Close.worst value found) Close.vectorSum $"{rows} x {width}: sums"
                        Expect.isLessThan
                            (Close.worst slope back)
                            (Close.bfloat16Weight * 2.0 * 5.0)
                            $"{rows} x {width}: slopes"
                        Expect.equal (both true 1 bound) (found, back) "one thread"
        }
        test "extremes: rows of zeros, 1e-30 and 1e30, one value, temperatures of 1e-4 and 1e4" {
            use _ = torch.NewDisposeScope ()
            for rows in [ 1; 2; 5 ] do
                for scale in [ 0.0; 1e-30; 1.0; 1e30 ] do
                    for t in [ 1e-4; 0.5; 1e4 ] do
                        for width in [ 1; 3 ] do
                            let scaled seed =
                                matrix (numbers seed (rows * width) |> Array.map ((*) scale)) rows
                            for name, both, loss in losses t do
                                let value, slopes = run (loss half 0) both (scaled 1UL) (scaled 2UL)
                                let finite = Double.IsFinite value && Array.forall Double.IsFinite slopes
                                Expect.isTrue finite $"{name}, {rows} x {width}, {scale}, t = {t}"
        }
        test "what is not a number shows" {
            use _ = torch.NewDisposeScope ()
            let a = matrix (numbers 1UL 12) 4
            let broken = a.clone ()
            broken[1, 1] <- torch.tensor nanf
            for name, both, loss in losses 0.5 do
                Expect.isTrue (Double.IsNaN (fst (run (loss half 0) both broken a))) name
        }
        test "the word prints, and an objective of float64 is not rounded" {
            let objective = bfloat16Products (ntXent 0.5)
            Expect.equal (Print.objective objective) "Objective.BFloat16 (Objective.NtXent 0.5)" "print"
            let setting dtype = { Device = torch.CPU; Seed = 1UL; Type = dtype }
            Expect.equal (PairLoss.products (setting torch.float32) objective) half "float32"
            Expect.equal (PairLoss.products (setting torch.float64) objective) Torch.Products.Full "float64"
        }
    ]
