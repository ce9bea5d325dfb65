module Vantage.Tests.ContrastiveLossTests

open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

// N from 1 to 12, d from 1 to 16, temperature from 0.05 to 2 (log-uniform).
let private case least (seed: uint64) =
    let draw site = float (Philox.Uniform (seed, 0, 0L, 0, site))
    {
        N = max least (1 + int (12.0 * draw 0))
        D = 1 + int (16.0 * draw 1)
        T = 0.05 * (40.0 ** draw 2)
        Seed = seed
    }

// Values and gradients agree to a tolerance, of 1 + the value or the largest entry.
let private near tolerance (loss, gradients) (loss', gradients') =
    let value = abs (loss - loss') <= tolerance * (1.0 + abs loss')
    value
    && List.forall2
        (fun g g' -> Close.worst g g' <= tolerance * (1.0 + (g' |> Array.map abs |> Array.max)))
        gradients
        gradients'

let private property name objective check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        check (case objective.Least (seed % 1000000000UL)))

/// Central differences along a random direction against the gradient.
let private differences objective c =
    let inputs = inputs c objective
    let directions = inputs |> List.mapi (fun i x -> numbers (c.Seed + 700UL + uint64 i) x.Length)
    let along h =
        List.map2 (Array.map2 (fun x v -> x + h * v)) inputs directions
        |> objective.Reference c
        |> fst
    let numeric h = (along h - along -h) / (2.0 * h)
    let analytic =
        List.map2 (Array.map2 (*)) (snd (objective.Reference c inputs)) directions
        |> List.sumBy Array.sum
    // h = 1e-6 in float64: 1e-10 of rounding over h, and h squared of curvature.
    let tolerance = 1e-6 * (1.0 + abs analytic) * (1.0 + 1.0 / (c.T * c.T))
    // A hinge within h of its corner has no derivative to compare with: the two steps then disagree.
    let corner = abs (numeric 1e-6 - numeric 2.5e-7) > 4.0 * tolerance
    corner || abs (numeric 1e-6 - analytic) < tolerance

/// What holds for every objective: its gradient, its kernel, float32, the meta device, memory.
let internal checks objective =
    testList objective.Name [
        if objective.Differentiable then
            property "finite differences give the gradient" objective (differences objective)
        property "the float64 kernel equals the reference" objective (fun c ->
            let x = inputs c objective
            near 1e-9 (kernel false 0 c x objective) (objective.Reference c x))
        if objective.Tiled then
            property "tiles change nothing" objective (fun c ->
                let x = inputs c objective
                [ 1; 2; 3; c.N; 2 * c.N - 1 ]
                |> List.forall (fun rows ->
                    near 1e-9 (kernel false rows c x objective) (objective.Reference c x)))
        property "float32 stays near the reference" objective (fun c ->
            let x = inputs c objective
            near Close.float32Loss (kernel true 0 c x objective) (objective.Reference c x))
        test "runs on the meta device, forward and backward" {
            use _ = torch.NewDisposeScope ()
            let c = { N = 5; D = 4; T = 0.3; Seed = 1UL }
            let leaves =
                objective.Rows c
                |> List.map (fun rows ->
                    torch
                        .zeros(int64 rows, int64 c.D, dtype = torch.float32, device = torch.META)
                        .requires_grad_
                        true)
            let loss = objective.Kernel c 0 leaves
            loss.backward ()
            Expect.equal loss.device_type DeviceType.META "value"
            for leaf in leaves do
                Expect.equal (nonNull leaf.grad).device_type DeviceType.META "gradient"
                Expect.equal (nonNull leaf.grad).shape leaf.shape "shape"
        }
        test "tensors do not grow over 100 calls" {
            let c = { N = 4; D = 3; T = 0.5; Seed = 2UL }
            let x = inputs c objective
            let step () = kernel true 0 c x objective |> ignore
            let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            for _ in 1..5 do
                step ()
            let before = live ()
            for _ in 1..100 do
                step ()
            Expect.equal (live ()) before "live tensors"
        }
    ]

/// Objectives with negatives: finite differences, kernels against references.
[<Tests>]
let tests =
    testList "Contrastive objectives" [
        for objective in all do
            checks objective
        // Its weights are constants in the gradient: with those of the start, the loss is DCL's and (1 - w) s / t of each positive.
        property "DCLW: with its weights held, finite differences give the gradient" (named "DCLW") (fun c ->
            let x = inputs c (named "DCLW")
            let unit (row: float array) =
                let length = sqrt (row |> Array.sumBy (fun v -> v * v))
                row |> Array.map (fun v -> v / length)
            let cosines (x: float array list) =
                let rows i = x[i] |> Array.chunkBySize c.D |> Array.map unit
                Array.map2 (fun p q -> Array.map2 (*) p q |> Array.sum) (rows 0) (rows 1)
            let powers = cosines x |> Array.map (fun s -> exp (s / 0.5))
            let weights = powers |> Array.map (fun p -> 2.0 - float c.N * p / Array.sum powers)
            let held (x: float array list) =
                let struct (dcl, _) =
                    Reference.Decoupled.Loss (x[0], x[1], c.N, c.T, System.Nullable (), true)
                dcl
                + (Array.map2 (fun w s -> (1.0 - w) * s) weights (cosines x) |> Array.average)
                  / c.T
            let reference = named("DCLW").Reference c x
            let same = abs (fst reference - held x) < 1e-9 * (1.0 + abs (fst reference))
            same
            && differences { named "DCLW" with Reference = fun _ moved -> held moved, snd reference } c)
    ]
