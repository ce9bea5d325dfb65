module Vantage.Tests.LossTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private reference (a: float array) (b: float array) n temperature normalize =
    let struct (loss, da, db) = Reference.NtXent.Loss (a, b, n, temperature, normalize)
    loss, Array.append da db

let private matrix (values: float array) n = torch.tensor(values).reshape(int64 n, int64 (values.Length / n))

// The kernel's value and gradient on float64, or on float32 rounded from it.
let private kernel single tile (a: float array) (b: float array) n temperature normalize =
    use _ = torch.NewDisposeScope ()
    let leaf values =
        let t = matrix values n
        (if single then t.to_type torch.float32 else t).detach().requires_grad_ true
    let ta, tb = leaf a, leaf b
    let loss =
        match tile with
        | Some rows -> Torch.NtXent.Loss (ta, tb, temperature, normalize, rows)
        | None -> Torch.NtXent.Loss (ta, tb, temperature, normalize)
    loss.backward ()
    let gradient (t: torch.Tensor) = (nonNull t.grad).to_type(torch.float64).data<float>().ToArray()
    loss.to_type(torch.float64).item<float>(), Array.append (gradient ta) (gradient tb)

let private numbers (seed: uint64) count =
    Array.init count (fun i ->
        let u = float (Philox.Uniform (seed, 1, int64 i, 0, 0))
        let v = float (Philox.Uniform (seed, 1, int64 i, 0, 1))
        sqrt (-2.0 * log (1.0 - u)) * cos (2.0 * Math.PI * v))

// What the properties draw: images, width, temperature from 0.05 to 2 (log-uniform), two views.
let private case (seed: uint64) =
    let draw site = float (Philox.Uniform (seed, 0, 0L, 0, site))
    let n, d = 2 + int (11.0 * draw 0), 2 + int (15.0 * draw 1)
    let temperature = 0.05 * (40.0 ** draw 2)
    n, d, temperature, numbers seed (n * d), numbers (seed + 1UL) (n * d)

let private f1a = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 2.0 |]
let private f1b = [| 0.6; 0.8; 0.0; 0.0; 0.6; 0.8; 0.1; 0.0; 0.9 |]

let private relative (a: float) b = abs (a - b) / max 1e-12 (abs b)

let private closeTo tolerance (loss, gradient) (loss', gradient') =
    let value = relative loss loss' <= tolerance || abs (loss - loss') <= tolerance
    value
    && Close.worst gradient gradient'
       <= tolerance * (1.0 + (gradient' |> Array.map abs |> Array.max))

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 100 } name (fun (seed: uint64) ->
        check (case seed))

// Rows of x through a random rotation (Gram-Schmidt of a random matrix).
let private rotate (seed: uint64) d (x: float array) =
    let basis = Array.init d (fun i -> numbers (seed + uint64 (97 * i)) d)
    for i in 0 .. d - 1 do
        for j in 0 .. i - 1 do
            let dot = Array.map2 (*) basis[i] basis[j] |> Array.sum
            basis[i] <- Array.map2 (fun p q -> p - dot * q) basis[i] basis[j]
        let length = sqrt (basis[i] |> Array.sumBy (fun p -> p * p))
        basis[i] <- basis[i] |> Array.map (fun p -> p / length)
    x
    |> Array.chunkBySize d
    |> Array.collect (fun row -> basis |> Array.map (fun b -> Array.map2 (*) row b |> Array.sum))

/// NT-Xent: fixtures, laws, gradients by finite differences, the kernel against the reference.
[<Tests>]
let tests =
    testList "NT-Xent" [
        for temperature, normalize, expected in
            [ 0.1, true, 1.220725; 0.5, true, 1.088336; 1.0, true, 1.289640; 10.0, false, 1.555947 ] do
            test $"fixture F1 at temperature {temperature}, normalised {normalize}" {
                // Figures are given to six decimals.
                Expect.isLessThan
                    (abs (fst (reference f1a f1b 3 temperature normalize) - expected))
                    5e-7
                    "reference"
                Expect.isLessThan
                    (abs (fst (kernel false None f1a f1b 3 temperature normalize) - expected))
                    5e-7
                    "kernel"
            }
        property "all embeddings equal gives log (2N - 1)" (fun (n, d, t, a, _) ->
            let row = Array.take d a
            let all = Array.concat (List.replicate n row)
            abs (fst (kernel false None all all n t true) - log (float (2 * n - 1))) < 1e-9)
        property "orthonormal images in identical pairs" (fun (n, _, t, _, _) ->
            let eye = Array.init (n * n) (fun i -> if i / n = i % n then 1.0 else 0.0)
            let expected = log (1.0 + float (2 * n - 2) * exp (-1.0 / t))
            abs (fst (kernel false None eye eye n t true) - expected) < 1e-9)
        property "one image has loss 0 and no gradient" (fun (_, d, t, a, b) ->
            let loss, gradient = kernel false None (Array.take d a) (Array.take d b) 1 t true
            abs loss < 1e-12 && gradient |> Array.forall (fun g -> abs g < 1e-12))
        property "swapping the views changes nothing" (fun (n, _, t, a, b) ->
            relative (fst (kernel false None a b n t true)) (fst (kernel false None b a n t true)) < 1e-9)
        property "permuting pairs together changes nothing" (fun (n, d, t, a, b) ->
            let reverse x = x |> Array.chunkBySize d |> Array.rev |> Array.concat
            relative
                (fst (kernel false None (reverse a) (reverse b) n t true))
                (fst (kernel false None a b n t true))
                <
                1e-9)
        property "rotating all embeddings changes nothing" (fun (n, d, t, a, b) ->
            let turned = kernel false None (rotate 3UL d a) (rotate 3UL d b) n t true
            relative (fst turned) (fst (kernel false None a b n t true)) < 1e-8)
        property "scaling a row changes nothing where normalised" (fun (n, d, t, a, b) ->
            let scaled = a |> Array.mapi (fun i x -> x * (1.0 + float (i / d)))
            relative (fst (kernel false None scaled b n t true)) (fst (kernel false None a b n t true)) <
                1e-9)
        property "the gradient of a row is orthogonal to it" (fun (n, d, t, a, b) ->
            let _, gradient = kernel false None a b n t true
            Array.append a b
            |> Array.chunkBySize d
            |> Array.forall2
                (fun (g: float array) z -> abs (Array.map2 (*) g z |> Array.sum) < 1e-9)
                (Array.chunkBySize d gradient))
        property "the kernel equals the reference" (fun (n, _, t, a, b) ->
            closeTo 1e-9 (kernel false None a b n t true) (reference a b n t true)
            && closeTo 1e-9 (kernel false None a b n t false) (reference a b n t false))
        property "tiles change nothing" (fun (n, _, t, a, b) ->
            [ 1; 2; 3; n; 2 * n - 1 ]
            |> List.forall (fun rows ->
                closeTo 1e-9 (kernel false (Some rows) a b n t true) (reference a b n t true)))
        property "float32 stays near the reference" (fun (n, _, t, a, b) ->
            closeTo Close.float32Loss (kernel true None a b n t true) (reference a b n t true))
        property "finite differences give the gradient" (fun (n, _, t, a, b) ->
            let direction = numbers 77UL (2 * a.Length)
            let along h =
                let moved = Array.map2 (fun x v -> x + h * v) (Array.append a b) direction
                fst (reference (Array.take a.Length moved) (Array.skip a.Length moved) n t true)
            let numeric = (along 1e-6 - along -1e-6) / 2e-6
            let analytic = Array.map2 (*) (snd (reference a b n t true)) direction |> Array.sum
            // Central differences with h = 1e-6 in float64: 1e-10 of rounding over h, and h squared of curvature.
            abs (numeric - analytic) < 1e-6 * (1.0 + abs analytic) * (1.0 + 1.0 / (t * t)))
        property "the alignment of equal views is -1 / temperature" (fun (n, _, t, a, _) ->
            use _ = torch.NewDisposeScope ()
            let x = matrix a n
            abs (Torch.Alignment.Loss(x, x, t, true).item<float>() * t + 1.0) < 1e-9)
        for scale in [ 1e-30; 1e30 ] do
            test $"embeddings of {scale} stay finite" {
                let n, _, _, a, b = case 4UL
                let loss, gradient =
                    kernel true None (Array.map ((*) scale) a) (Array.map ((*) scale) b) n 0.5 true
                Expect.isTrue (Double.IsFinite loss) $"loss {loss}"
                Expect.isTrue (Array.forall Double.IsFinite gradient) "gradient"
            }
        test "a zero row has a finite gradient" {
            let n, d, _, a, b = case 5UL
            let loss, gradient =
                kernel true None (Array.append (Array.zeroCreate d) (Array.skip d a)) b n 0.5 true
            Expect.isTrue (Double.IsFinite loss && Array.forall Double.IsFinite gradient) "finite"
        }
        test "monitors know the fixture" {
            // experiments.md, 1.6: accuracy 2/3 at every temperature, entropy of the a-to-b block in nats.
            for temperature, entropy in [ 0.1, 0.269179; 0.5, 0.928664; 1.0, 1.045931 ] do
                let struct (accuracy, found) =
                    Torch.NtXent.Monitor (matrix f1a 3, matrix f1b 3, temperature, true)
                Expect.isLessThan (abs (accuracy - 2.0 / 3.0)) 1e-12 "accuracy"
                Expect.isLessThan (abs (found - entropy)) 1e-6 "entropy"
        }
        property "the monitors' tiles change nothing" (fun (n, _, t, a, b) ->
            let find rows =
                use _ = torch.NewDisposeScope ()
                let struct (accuracy, entropy) = Torch.NtXent.Monitor (matrix a n, matrix b n, t, true, rows)
                accuracy, entropy
            let accuracy, entropy = find 0
            [ 1; 2; 3; n ]
            |> List.forall (fun rows -> fst (find rows) = accuracy && abs (snd (find rows) - entropy) < 1e-9))
        test "what does not fit is refused with both shapes" {
            let message f =
                try
                    f () |> ignore
                    "accepted"
                with :? ArgumentException as e ->
                    e.Message
            let wide, narrow = torch.zeros (4L, 3L), torch.zeros (4L, 2L)
            let text = message (fun () -> Torch.NtXent.Loss (wide, narrow, 0.5, true))
            Expect.stringContains text "[4, 3]" "first"
            Expect.stringContains text "[4, 2]" "second"
            Expect.stringContains
                (message (fun () -> Torch.NtXent.Loss (wide, wide, 0.0, true)))
                "temperature of 0"
                "temperature"
            let none = torch.zeros (0L, 3L)
            Expect.stringContains
                (message (fun () -> Torch.NtXent.Loss (none, none, 0.5, true)))
                "empty"
                "empty batch"
        }
        test "memory does not grow over 1,000 steps" {
            let a = torch.randn(16L, 8L).requires_grad_ true
            let b = torch.randn(16L, 8L).requires_grad_ true
            let step () =
                use _ = torch.NewDisposeScope ()
                Torch.NtXent.Loss(a, b, 0.5, true).backward()
            let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            for _ in 1..10 do
                step ()
            let before = live ()
            for _ in 1..1000 do
                step ()
            Expect.equal (live ()) before "live tensors"
        }
    ]
