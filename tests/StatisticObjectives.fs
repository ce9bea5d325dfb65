/// Objectives without explicit negatives, each as its reference and its kernel on the same inputs.
module Vantage.Tests.StatisticObjectives

open Vantage.Kernels
open Vantage.Tests.Objectives

/// Two views of N rows each.
let private pairs
    name
    differentiable
    unit
    reference
    (kernel: Case -> TorchSharp.torch.Tensor list -> TorchSharp.torch.Tensor)
    = {
    Name = name
    Least = 2
    Rows = fun c -> [ c.N; c.N ]
    Reference = fun c inputs -> reference c inputs
    Tiled = false
    Kernel = fun c _ inputs -> kernel c inputs
    Unit = unit
    Differentiable = differentiable
}

let private two (struct (loss: float, a: float array, b: float array)) = loss, [ a; b ]

/// lambda of Barlow Twins.
let lambda = 0.005

let private directions c = numbers (c.Seed + 6000UL) (c.D * 6)
let private prior c = numbers (c.Seed + 7000UL) (c.N * c.D)
let private targets c = numbers (c.Seed + 8000UL) (c.N * c.D)

let all = [
    pairs
        "Barlow Twins"
        true
        false
        (fun c x -> two (Reference.BarlowTwins.Loss (x[0], x[1], c.N, lambda)))
        (fun _ x -> Torch.BarlowTwins.Loss (x[0], x[1], lambda))
    pairs
        "VICReg"
        true
        false
        (fun c x -> two (Reference.VicReg.Loss (x[0], x[1], c.N, 25.0, 25.0, 1.0)))
        (fun _ x -> Torch.VicReg.Loss (x[0], x[1], 25.0, 25.0, 1.0))
    {
        pairs
            "hypersphere"
            true
            true
            (fun c x -> two (Reference.Hypersphere.Loss (x[0], x[1], c.N, 2.0, 1.0)))
            (fun _ x -> Torch.Hypersphere.Loss (x[0], x[1], 2.0, 1.0)) with
            Tiled = true
            Kernel = fun _ tile x -> Torch.Hypersphere.Loss (x[0], x[1], 2.0, 1.0, tile)
    }
    {
        Name = "BYOL"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c x ->
                let struct (loss, p) = Reference.CosineRegression.Loss (x[0], targets c, c.N)
                loss, [ p ]
        Tiled = false
        Kernel = fun c _ x -> Torch.CosineRegression.Loss (x[0], like x[0] c.N (targets c))
        Unit = true
        Differentiable = true
    }
    {
        Name = "sliced Wasserstein"
        Least = 1
        Rows = fun c -> [ c.N ]
        Reference =
            fun c x ->
                let struct (loss, z) =
                    Reference.SlicedWasserstein.Loss (x[0], prior c, directions c, c.N, true)
                loss, [ z ]
        Tiled = false
        Kernel =
            fun c _ x ->
                let lines =
                    TorchSharp.torch
                        .tensor(directions c)
                        .reshape(int64 c.D, 6L)
                        .to_type(x[0].dtype)
                        .``to``(x[0].device)
                Torch.SlicedWasserstein.Loss (x[0], like x[0] c.N (prior c), lines, true)
        Unit = true
        Differentiable = true
    }
    {
        Name = "DINO"
        Least = 1
        Rows = fun c -> [ c.N; c.N; c.N ]
        Reference =
            fun c x ->
                let teachers = [| targets c; prior c |]
                let centre = numbers (c.Seed + 9000UL) c.D
                let struct (loss, students) = Reference.Dino.Loss (List.toArray x, teachers, centre, 0.1, c.T)
                loss, List.ofArray students
        Tiled = false
        Kernel =
            fun c _ x ->
                let rows n values = like x[0] n values
                Torch.Dino.Loss (
                    List.toArray x,
                    [| rows c.N (targets c); rows c.N (prior c) |],
                    rows 1 (numbers (c.Seed + 9000UL) c.D),
                    0.1,
                    c.T
                )
        Unit = false
        Differentiable = true
    }
]

/// The objective of a name.
let named name = all |> List.find (fun o -> o.Name = name)
