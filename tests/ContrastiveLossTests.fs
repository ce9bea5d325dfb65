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

let internal golden name objective (case: Case) inputs gradients (objective': string) =
    test $"golden answers of {name}" {
        let golden = Golden.load "losses.safetensors"
        let value key = Golden.f32 $"{name}.{key}" golden
        let expected = (value "out")[0], gradients |> List.map (fun key -> value $"grad.{key}")
        let inputs = inputs |> List.map (fun key -> value $"in.{key}")
        let check label (loss: float, found) lossTolerance =
            Expect.isLessThan
                (abs (loss - fst expected) / abs (fst expected))
                lossTolerance
                $"{objective'} {label} value"
            List.iter2
                (fun g g' -> Expect.isLessThan (Close.worst g g') Close.goldenGradient $"{label} gradient")
                found
                (snd expected)
        let reference, kernel = objective golden
        check "reference" (reference case inputs) Close.goldenLoss
        let leaves =
            inputs
            |> List.map (fun x ->
                torch
                    .tensor(x)
                    .reshape(int64 case.N, int64 (x.Length / case.N))
                    .to_type(torch.float32)
                    .detach()
                    .requires_grad_
                    true)
        let loss: torch.Tensor = kernel case leaves
        loss.backward ()
        let found =
            leaves
            |> List.map (fun t -> (nonNull t.grad).to_type(torch.float64).data<float>().ToArray())
        check "float32" (float (loss.item<float32>()), found) Close.float32Loss
    }

let private given objective =
    fun (_: Golden.Tensors) -> objective.Reference, (fun c leaves -> objective.Kernel c 0 leaves)

let private supCon golden =
    let labels = Golden.i64 "supcon_t0.1.in.labels" golden
    let labels = Array.append labels labels // both views of an image are of its class
    let reference c (inputs: float array list) =
        let struct (loss, gradient) =
            Reference.SupCon.Loss (Array.append inputs[0] inputs[1], labels, c.T, true)
        loss, Array.splitInto 2 gradient |> Array.toList
    let kernel c (inputs: torch.Tensor list) =
        Torch.SupCon.Loss (torch.cat (List.toArray inputs, 0L), torch.tensor labels, c.T, true)
    reference, kernel

let private withKeys queued golden =
    let value key =
        Golden.f32 (if queued then $"infonce_queue_t0.2.in.{key}" else $"mocov3_t0.2.in.{key}") golden
    let matrix (x: float array) = torch.tensor(x).reshape(int64 (x.Length / 32), 32L).to_type torch.float32
    let reference c (inputs: float array list) =
        if queued then
            let struct (loss, gradient) =
                Reference.InfoNce.Queue (inputs[0], value "k", value "queue", c.N, c.T, true)
            loss, [ gradient ]
        else
            let struct (loss, gradient, _) =
                Reference.InfoNce.Loss (inputs[0], value "k", Array.init c.N id, c.T, true)
            2.0 * c.T * loss, [ gradient |> Array.map ((*) (2.0 * c.T)) ]
    let kernel c (inputs: torch.Tensor list) =
        if queued then
            Torch.InfoNce.Queue (inputs[0], matrix (value "k"), matrix (value "queue"), c.T, true)
        else
            Torch.InfoNce.InBatch (inputs[0], matrix (value "k"), c.T, true)
    reference, kernel

let private at t = { N = 16; D = 32; T = t; Seed = 0UL }

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

/// Objectives with negatives: published figures, finite differences, kernels against references.
[<Tests>]
let tests =
    testList "Contrastive objectives" [
        golden "dcl_t0.1" (given (named "DCL")) (at 0.1) [ "a"; "b" ] [ "a"; "b" ] "DCL"
        golden "dclw_t0.1" (given (named "DCLW")) (at 0.1) [ "a"; "b" ] [ "a"; "b" ] "DCLW"
        golden "supcon_t0.1" supCon (at 0.1) [ "a"; "b" ] [ "a"; "b" ] "SupCon"
        golden
            "ntlogistic_t0.5"
            (given (named "NT-Logistic"))
            (at 0.5)
            [ "a"; "b" ]
            [ "a"; "b" ]
            "NT-Logistic"
        golden
            "margin_triplet_m0.8"
            (given (named "margin triplet"))
            (at 1.0)
            [ "a"; "b" ]
            [ "a"; "b" ]
            "triplet"
        golden "infonce_queue_t0.2" (withKeys true) (at 0.2) [ "q" ] [ "q" ] "MoCo"
        golden "mocov3_t0.2" (withKeys false) (at 0.2) [ "q" ] [ "q" ] "MoCo v3"
        for objective in all do
            checks objective
    ]
