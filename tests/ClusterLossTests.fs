/// Balanced codes, swapped prediction and whitening: references, kernels and laws.
module Vantage.Tests.ClusterLossTests

open System
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

let private matrix (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows))

let private numbersOf (t: torch.Tensor) = t.to_type(torch.float64).data<float>().ToArray()

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        check (2 + int (seed % 9UL)) (2 + int (seed / 9UL % 6UL)) (seed % 1000000UL))

let private rowSums width (q: float array) = q |> Array.chunkBySize width |> Array.map Array.sum

let private scores = [| 0.9; 0.1; -0.3; 0.7; 0.2; 0.1; 0.8; -0.5; 0.4; 0.6; 0.3; 0.2 |]

// The other view's scores of the fixture.
let private others = [| 0.8; 0.2; -0.1; 0.5; 0.4; 0.0; 0.7; -0.2; 0.5; 0.3; 0.6; 0.1 |]

/// Whitened embeddings of two views compared as W-MSE compares them: 2 - 2 cos, value and gradients, by the reference.
let private wmse n epsilon (a: float array) (b: float array) =
    let y, z = Reference.Whitening.Of (a, n, epsilon), Reference.Whitening.Of (b, n, epsilon)
    let struct (loss, dy) = Reference.CosineRegression.Loss (y, z, n)
    let struct (_, dz) = Reference.CosineRegression.Loss (z, y, n)
    loss, Reference.Whitening.Back (a, dy, n, epsilon), Reference.Whitening.Back (b, dz, n, epsilon)

let private kernelWmse epsilon (a: torch.Tensor) (b: torch.Tensor) =
    let order = torch.arange (a.shape[0])
    let white (z: torch.Tensor) = Torch.Whitening.Of (z, order, a.shape[0], epsilon)
    // Both sides carry gradient.
    (Torch.Alignment.Loss (white a, white b, 1.0, true) + 1.0.ToScalar())
    * 2.0.ToScalar()

[<Tests>]
let tests =
    testList "Clusters and whitening" [
        property "codes: rows sum to 1, entries are 0 or more, reference and kernel agree" (fun b k seed ->
            let s = numbers seed (b * k)
            let meant = Reference.Sinkhorn.Codes (s, b, 0.25, 3)
            let found = numbersOf (Torch.Sinkhorn.Codes (matrix s b, 0.25, 3))
            let single = numbersOf (Torch.Sinkhorn.Codes ((matrix s b).to_type torch.float32, 0.25, 3))
            Close.worst meant found < Close.double
            && Close.worst meant single < Close.batched
            && rowSums k meant |> Array.forall (fun x -> abs (x - 1.0) < Close.double)
            && meant |> Array.forall (fun x -> x >= 0.0))
        property "codes: a constant and a constant of each prototype change nothing" (fun b k seed ->
            let s = numbers seed (b * k)
            let moved = s |> Array.mapi (fun i x -> x + 3.0 + 0.5 * float (i % k))
            Close.worst
                (Reference.Sinkhorn.Codes (s, b, 0.25, 3))
                (Reference.Sinkhorn.Codes (moved, b, 0.25, 3))
                <
                1e-9)
        property "codes: many iterations balance the prototypes" (fun b k seed ->
            let q = Reference.Sinkhorn.Codes (numbers seed (b * k), b, 0.5, 500)
            Array.init k (fun c -> Seq.init b (fun i -> q[i * k + c]) |> Seq.sum)
            |> Array.forall (fun total -> abs (total - float b / float k) < 1e-6))
        property "codes: equal scores and a large entropy weight give even codes" (fun b k seed ->
            let even = Array.create (b * k) (1.0 / float k)
            Close.worst (Reference.Sinkhorn.Codes (Array.create (b * k) 0.3, b, 0.05, 3)) even < 1e-9
            && Close.worst (Reference.Sinkhorn.Codes (numbers seed (b * k), b, 1e9, 3)) even < 1e-6)
        test "codes: the fixture" {
            let row epsilon iterations =
                Reference.Sinkhorn.Codes (scores, 4, epsilon, iterations) |> Array.truncate 3
            Expect.isLessThan
                (Close.worst (row 0.25 3) [| 0.623285; 0.319374; 0.057341 |])
                5e-7
                "epsilon 0.25"
            Expect.isLessThan
                (Close.worst (row 0.05 3) [| 0.991696; 0.008302; 0.000002 |])
                5e-7
                "epsilon 0.05"
            Expect.isLessThan
                (Close.worst (row 0.05 1) [| 0.981975; 0.018024; 0.000001 |])
                5e-7
                "one iteration"
        }
        test "swapped codes: the fixture" {
            let codes s = Reference.Sinkhorn.Codes (s, 4, 0.25, 3)
            let struct (loss, _) =
                Reference.SwapCodes.Loss ([| scores; others |], [| codes scores; codes others |], 4, 0.1)
            Expect.isLessThan (abs (loss - 2.645232)) 5e-7 "fixture"
        }
        property "swapped codes: the kernel is the reference, and its gradient the slope" (fun b k seed ->
            let views = Array.init 3 (fun v -> numbers (seed + uint64 v) (b * k))
            let codes = Array.init 2 (fun q -> Reference.Sinkhorn.Codes (views[q], b, 0.25, 3))
            let struct (meant, slopes) = Reference.SwapCodes.Loss (views, codes, b, 0.3)
            let leaves = views |> Array.map (fun v -> (matrix v b).requires_grad_ true)
            let loss = Torch.SwapCodes.Loss (leaves, codes |> Array.map (fun c -> matrix c b), 0.3)
            loss.backward ()
            let found = leaves |> Array.map (fun leaf -> numbersOf (nonNull leaf.grad))
            let h = 1e-6
            let moved sign =
                let v = views |> Array.map Array.copy
                v[2][1] <- v[2][1] + sign * h
                let struct (loss, _) = Reference.SwapCodes.Loss (v, codes, b, 0.3)
                loss
            abs (loss.item<float>() - meant) < Close.double * (1.0 + abs meant)
            && Array.forall2 (fun x y -> Close.worst x y < Close.double) found slopes
            && abs ((moved 1.0 - moved -1.0) / (2.0 * h) - slopes[2][1]) < 1e-7)
        property "swapped codes: even scores cost log K" (fun b k seed ->
            let even = Array.create (b * k) 0.2
            let codes = Reference.Sinkhorn.Codes (numbers seed (b * k), b, 0.25, 3)
            let struct (loss, _) = Reference.SwapCodes.Loss ([| even; even |], [| codes; codes |], b, 0.1)
            abs (loss - log (float k)) < 1e-9)
        property "whitening: the covariance is I, the mean 0" (fun n d seed ->
            let n = 2 * d + n
            let y = Reference.Whitening.Of (numbers seed (n * d), n, 0.0)
            let at i j = y[i * d + j]
            Seq.allPairs [ 0 .. d - 1 ] [ 0 .. d - 1 ]
            |> Seq.forall (fun (j, k) ->
                let sum = Seq.init n (fun i -> at i j * at i k) |> Seq.sum
                abs (sum / float (n - 1) - (if j = k then 1.0 else 0.0)) < 1e-9))
        property "whitening: a shift and a lower-triangular map change nothing" (fun n d seed ->
            let n = 2 * d + n
            let x = numbers seed (n * d)
            let moved =
                Array.init (n * d) (fun i ->
                    let row, j = i / d, i % d
                    2.0
                    + Seq.sum [
                        for k in 0..j ->
                            x[row * d + k] * (if k = j then 1.0 + float j else 0.3 * float (k + 1))
                    ])
            Close.worst (Reference.Whitening.Of (x, n, 0.0)) (Reference.Whitening.Of (moved, n, 0.0)) < 1e-7)
        property "whitening: all of the identity only centres" (fun n d seed ->
            let x = numbers seed (n * d)
            let y = Reference.Whitening.Of (x, n, 1.0)
            let mean j = Seq.init n (fun i -> x[i * d + j]) |> Seq.average
            Close.worst y (x |> Array.mapi (fun i v -> v - mean (i % d))) < 1e-9)
        property "W-MSE: the kernel is the reference, and its gradient the slope" (fun n d seed ->
            let n = 2 * d + n
            let a, b = numbers seed (n * d), numbers (seed + 1UL) (n * d)
            let loss, da, db = wmse n 0.01 a b
            let x, y = (matrix a n).requires_grad_ true, (matrix b n).requires_grad_ true
            let kernel = kernelWmse 0.01 x y
            kernel.backward ()
            let h, at = 1e-6, int seed % (n * d)
            let moved sign =
                let a = Array.copy a
                a[at] <- a[at] + sign * h
                let loss, _, _ = wmse n 0.01 a b
                loss
            abs (kernel.item<float>() - loss) < 1e-9
            && Close.worst (numbersOf (nonNull x.grad)) da < 1e-8
            && Close.worst (numbersOf (nonNull y.grad)) db < 1e-8
            && abs ((moved 1.0 - moved -1.0) / (2.0 * h) - da[at]) < 1e-6)
        property "whitening: groups are whitened alone, in any order" (fun n d seed ->
            let size = 2 * d + n
            let x = numbers seed (2 * size * d)
            let order = Array.init (2 * size) (fun i -> int64 (i * 2 % (2 * size) + i * 2 / (2 * size)))
            let found =
                numbersOf (Torch.Whitening.Of (matrix x (2 * size), torch.tensor order, int64 size, 0.0))
            let group g = [|
                for k in g * size .. (g + 1) * size - 1 do
                    yield! Array.sub x (int order[k] * d) d
            |]
            let meant =
                Array.init 2 (fun g -> Reference.Whitening.Of (group g, size, 0.0))
                |> Array.concat
            let back = Array.init (2 * size * d) (fun i -> found[int order[i / d] * d + i % d])
            Close.worst meant back < 1e-8)
        test "W-MSE: the fixture" {
            let a = [| 1.0; 2.0; 0.0; -1.0; 2.0; 0.5; -1.0; 1.0; 0.3; 0.7; -0.5; -0.2 |]
            let b = [| 1.5; 1.0; 0.2; -1.2; 1.0; 1.0; -1.0; 0.0; 0.0; 0.9; -0.4; -0.6 |]
            let loss epsilon =
                let loss, _, _ = wmse 6 epsilon a b
                loss
            Expect.isLessThan (abs (loss 0.0 - 0.272616)) 5e-7 "epsilon 0"
            Expect.isLessThan (abs (loss 1e-3 - 0.272502)) 5e-7 "epsilon 0.001"
            Expect.isLessThan
                (Close.worst (Reference.Whitening.Of (a, 6, 0.0) |> Array.truncate 2) [| 0.649934; 1.338255 |])
                5e-7
                "first row"
        }
        test "what cannot be whitened or balanced is refused in words" {
            use _ = torch.NewDisposeScope ()
            let z = torch.randn (8L, 6L)
            let refused (work: unit -> torch.Tensor) (words: string) =
                let text =
                    try
                        work () |> ignore
                        "accepted"
                    with :? ArgumentException as e ->
                        e.Message
                Expect.stringContains text words "the message"
            refused (fun () -> Torch.Whitening.Of (z, torch.arange 8L, 3L, 0.0)) "groups of 3 do not divide 8"
            refused (fun () -> Torch.Whitening.Of (z, torch.arange 8L, 4L, 0.0)) "singular"
            refused (fun () -> Torch.Whitening.Of (z, torch.arange 8L, 8L, 1.5)) "1.5"
            refused (fun () -> Torch.Sinkhorn.Codes (z, 0.0, 3)) "entropy weight of 0"
            refused (fun () -> Torch.Sinkhorn.Codes (z, 0.05, 0)) "0 iterations"
            refused (fun () -> Torch.SwapCodes.Loss ([| z |], [| z |], 0.1)) "no pair"
        }
        test "codes, swapped prediction and whitening stay on the meta device" {
            use _ = torch.NewDisposeScope ()
            let s = torch.zeros(4L, 3L, device = torch.META).requires_grad_ true
            let codes = Torch.Sinkhorn.Codes (s, 0.05, 3)
            (Torch.SwapCodes.Loss ([| s; s |], [| codes; codes |], 0.1)).backward()
            Expect.equal (nonNull s.grad).device_type DeviceType.META "the gradient"
            let z = torch.zeros(8L, 3L, device = torch.META).requires_grad_ true
            let order = torch.zeros (8L, torch.int64, torch.META)
            (Torch.Whitening.Of (z, order, 4L, 0.0)).sum().backward()
            Expect.equal (nonNull z.grad).device_type DeviceType.META "the gradient of whitening"
        }
    ]
