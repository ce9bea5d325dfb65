/// The contrastive objectives beside NT-Xent, each as its reference and its kernel on the same inputs, for tests of all alike.
module Vantage.Tests.Objectives

open System
open TorchSharp
open Vantage
open Vantage.Kernels

/// What an objective is asked with: pairs, width, temperature, a seed for what carries no gradient.
type Case = { N: int; D: int; T: float; Seed: uint64 }

type Objective = {
    Name: string
    /// Pairs at least.
    Least: int
    /// Rows of each input with gradient, of width D.
    Rows: Case -> int list
    /// Value, and the gradients of all inputs in order.
    Reference: Case -> float array list -> float * float array list
    /// Whether the kernel walks in tiles that a test can choose.
    Tiled: bool
    /// By tiles of so many rows, 0 as the kernel likes.
    Kernel: Case -> int -> torch.Tensor list -> torch.Tensor
    /// Whether lengths of embeddings do not matter, so that 1e30 is no special number.
    Unit: bool
    /// Whether finite differences of the value are the gradient.
    Differentiable: bool
}

/// Numbers of the normal distribution.
let numbers (seed: uint64) count =
    Array.init count (fun i ->
        let u = float (Philox.Uniform (seed, 1, int64 i, 0, 0))
        let v = float (Philox.Uniform (seed, 1, int64 i, 0, 1))
        sqrt (-2.0 * log (1.0 - u)) * cos (2.0 * Math.PI * v))

/// Integers from 0 below the bound.
let integers (seed: uint64) count bound =
    Array.init count (fun i ->
        min (bound - 1) (int (float bound * float (Philox.Uniform (seed, 2, int64 i, 0, 0)))))

/// Values as rows like another tensor's: its type, its device.
let like (t: torch.Tensor) (rows: int) (values: float array) =
    let width = t.shape[t.shape.Length - 1]
    torch.tensor(values).reshape(int64 rows, width).to_type(t.dtype).``to``(t.device)

let private longs (t: torch.Tensor) (values: int array) =
    torch.tensor(values |> Array.map int64).``to``(t.device)

let private candidates = 7
let private constants c = numbers (c.Seed + 1000UL) (candidates * c.D)
let private chosen c = integers (c.Seed + 2000UL) c.N candidates
let private labels c = integers (c.Seed + 3000UL) (2 * c.N) 3

/// Two views of N rows each.
let private pairs
    name
    least
    differentiable
    reference
    (kernel: Case -> int -> torch.Tensor -> torch.Tensor -> torch.Tensor)
    = {
    Name = name
    Least = least
    Rows = fun c -> [ c.N; c.N ]
    Reference =
        fun c inputs ->
            let struct (loss: float, gradient: float array) = reference c inputs[0] inputs[1]
            loss, Array.splitInto 2 gradient |> Array.toList
    Tiled = true
    Kernel = fun c tile inputs -> kernel c tile inputs[0] inputs[1]
    Unit = true
    Differentiable = differentiable
}

let private sigma = 0.5
let private margin = 0.8
let private clip = 20.0

/// B x (1 + m) indices into the bank, the first of each row its own.
let private noise c = integers (c.Seed + 4000UL) (c.N * 5) candidates

let all = [
    pairs
        "NT-Xent, with its neighbours"
        1
        true
        (fun c a b ->
            let struct (loss, da, db) = Reference.NtXent.Loss (a, b, c.N, c.T, true)
            struct (loss, Array.append da db))
        (fun c tile a b -> Torch.NtXent.Loss (a, b, c.T, true, tile))
    pairs
        "DCL"
        2
        true
        (fun c a b -> Reference.Decoupled.Loss (a, b, c.N, c.T, Nullable (), true))
        (fun c tile a b -> Torch.Decoupled.Loss (a, b, c.T, true, Nullable (), tile))
    pairs
        "DCLW"
        2
        false
        (fun c a b -> Reference.Decoupled.Loss (a, b, c.N, c.T, Nullable sigma, true))
        (fun c tile a b -> Torch.Decoupled.Loss (a, b, c.T, true, Nullable sigma, tile))
    pairs
        "SupCon"
        1
        true
        (fun c a b -> Reference.SupCon.Loss (Array.append a b, labels c |> Array.map int64, c.T, true))
        (fun c tile a b ->
            Torch.SupCon.Loss (torch.cat ([| a; b |], 0L), longs a (labels c), c.T, true, tile))
    pairs
        "NT-Logistic"
        2
        true
        (fun c a b -> Reference.NtLogistic.Loss (a, b, c.N, c.T, false, true))
        (fun c tile a b -> Torch.NtLogistic.Loss (a, b, c.T, true, tile))
    pairs
        "NT-Logistic, semi-hard"
        2
        true
        (fun c a b -> Reference.NtLogistic.Loss (a, b, c.N, c.T, true, true))
        (fun c tile a b -> Torch.NtLogistic.SemiHard (a, b, c.T, true, tile))
    pairs
        "margin triplet"
        2
        true
        (fun c a b -> Reference.MarginTriplet.Loss (a, b, c.N, margin, false, true))
        (fun _ tile a b -> Torch.MarginTriplet.Loss (a, b, margin, true, tile))
    pairs
        "margin triplet, semi-hard"
        2
        true
        (fun c a b -> Reference.MarginTriplet.Loss (a, b, c.N, margin, true, true))
        (fun _ tile a b -> Torch.MarginTriplet.SemiHard (a, b, margin, true, tile))
    {
        Name = "MoCo"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c inputs ->
                let keys = numbers (c.Seed + 5000UL) (c.N * c.D)
                let struct (loss, gradient) =
                    Reference.InfoNce.Queue (inputs[0], keys, constants c, c.N, c.T, true)
                loss, [ gradient ]
        Tiled = true
        Kernel =
            fun c tile inputs ->
                let keys = like inputs[0] c.N (numbers (c.Seed + 5000UL) (c.N * c.D))
                Torch.InfoNce.Queue (
                    inputs[0],
                    keys,
                    like inputs[0] candidates (constants c),
                    c.T,
                    true,
                    tile
                )
        Unit = true
        Differentiable = true
    }
    {
        Name = "MoCo v3"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c inputs ->
                let keys = numbers (c.Seed + 5000UL) (c.N * c.D)
                let struct (loss, gradient, _) =
                    Reference.InfoNce.Loss (inputs[0], keys, Array.init c.N id, c.T, true)
                2.0 * c.T * loss, [ gradient |> Array.map ((*) (2.0 * c.T)) ]
        Tiled = true
        Kernel =
            fun c tile inputs ->
                let keys = like inputs[0] c.N (numbers (c.Seed + 5000UL) (c.N * c.D))
                Torch.InfoNce.InBatch (inputs[0], keys, c.T, true, tile)
        Unit = true
        Differentiable = true
    }
    {
        Name = "memory bank"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c inputs ->
                let struct (loss, gradient, _) =
                    Reference.InfoNce.Loss (inputs[0], constants c, chosen c, c.T, false)
                loss, [ gradient ]
        Tiled = true
        Kernel =
            fun c tile inputs ->
                Torch.InfoNce.Bank (
                    inputs[0],
                    like inputs[0] candidates (constants c),
                    longs inputs[0] (chosen c),
                    c.T,
                    false,
                    tile
                )
        Unit = false
        Differentiable = true
    }
    {
        Name = "CPC patches"
        Least = 1
        Rows = fun c -> [ c.N; candidates ]
        Reference =
            fun c inputs ->
                let struct (loss, x, y) = Reference.InfoNce.Loss (inputs[0], inputs[1], chosen c, 1.0, false)
                loss, [ x; y ]
        Tiled = true
        Kernel =
            fun c tile inputs ->
                Torch.InfoNce.Patches (inputs[0], inputs[1], longs inputs[0] (chosen c), tile)
        Unit = false
        Differentiable = true
    }
    {
        Name = "AMDIM"
        Least = 1
        Rows = fun c -> [ c.N; 3 * c.N ]
        Reference =
            fun c inputs ->
                let struct (loss, x, y) = Reference.LocalGlobal.Loss (inputs[0], inputs[1], c.N, clip, 0.05)
                loss, [ x; y ]
        Tiled = true
        Kernel =
            fun c tile inputs ->
                let struct (loss, penalty) =
                    Torch.LocalGlobal.Loss (inputs[0], inputs[1].view(int64 c.N, 3L, int64 c.D), clip, tile)
                loss + penalty * 0.05.ToScalar()
        Unit = false
        Differentiable = true
    }
    {
        Name = "noise contrast"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c inputs ->
                let bank, indices = constants c, noise c
                let scores =
                    indices
                    |> Array.mapi (fun p k ->
                        Seq.init c.D (fun x -> inputs[0][p / 5 * c.D + x] * bank[k * c.D + x])
                        |> Seq.sum)
                let struct (loss, back) = Reference.NoiseContrast.Loss (scores, c.N, 40.0, c.T, 50)
                let gradient = Array.zeroCreate (c.N * c.D)
                for p in 0 .. indices.Length - 1 do
                    for x in 0 .. c.D - 1 do
                        gradient[p / 5 * c.D + x] <-
                            gradient[p / 5 * c.D + x] + back[p] * bank[indices[p] * c.D + x]
                loss, [ gradient ]
        Tiled = false
        Kernel =
            fun c _ inputs ->
                let indices = (longs inputs[0] (noise c)).view(int64 c.N, 5L)
                let scores =
                    Torch.NoiseContrast.Scores (inputs[0], like inputs[0] candidates (constants c), indices)
                let z = torch.tensor(log 40.0).to_type(inputs[0].dtype).``to``(inputs[0].device)
                Torch.NoiseContrast.Loss (scores, z, c.T, 50L)
        Unit = false
        Differentiable = true
    }
]

/// The objective of a name.
let named name = all |> List.find (fun o -> o.Name = name)

/// Value and gradients of the kernel, in float32 or float64.
let kernel single tile c (inputs: float array list) objective =
    use _ = torch.NewDisposeScope ()
    let dtype = if single then torch.float32 else torch.float64
    let leaves =
        List.map2
            (fun (values: float array) rows ->
                torch
                    .tensor(values)
                    .reshape(int64 rows, int64 (values.Length / rows))
                    .to_type(dtype)
                    .detach()
                    .requires_grad_
                    true)
            inputs
            (objective.Rows c)
    let loss = objective.Kernel c tile leaves
    loss.backward ()
    loss.to_type(torch.float64).item<float>(),
    leaves
    |> List.map (fun leaf -> (nonNull leaf.grad).to_type(torch.float64).data<float>().ToArray())

/// Random inputs.
let inputs c objective =
    objective.Rows c
    |> List.mapi (fun i rows -> numbers (c.Seed + uint64 (17 * i)) (rows * c.D))
