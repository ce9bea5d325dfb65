/// Objectives without explicit negatives, each as its reference and its kernel on the same inputs.
module Vantage.Tests.StatisticObjectives

open TorchSharp
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

let private labels c = integers (c.Seed + 11000UL) c.N c.D

let private unitDirections c =
    let columns = directions c
    let length k = sqrt (Seq.init c.D (fun r -> columns[r * 6 + k] ** 2.0) |> Seq.sum)
    columns |> Array.mapi (fun i v -> v / length (i % 6))

let private lines c (x: torch.Tensor) =
    torch.tensor(unitDirections c).reshape(int64 c.D, 6L).to_type(x.dtype).``to``(x.device)

/// One tensor of N rows.
let private single name least reference (kernel: Case -> int -> torch.Tensor -> torch.Tensor) = {
    Name = name
    Least = least
    Rows = fun c -> [ c.N ]
    Reference =
        fun c x ->
            let struct (loss: float, gradient: float array) = reference c x[0]
            loss, [ gradient ]
    Tiled = true
    Kernel = fun c tile x -> kernel c tile x[0]
    Unit = false
    Differentiable = true
}

let private hidden c = integers (c.Seed + 12000UL) (3 * c.N) 2 |> Array.map ((=) 1)
let private restored c = numbers (c.Seed + 13000UL) (3 * c.N * c.D)
let private noisy c = numbers (c.Seed + 14000UL) (3 * c.N * c.D)
let private middle c = numbers (c.Seed + 9000UL) c.D

/// Two images at least, of two embeddings each from four rows on.
let private images c = Array.init c.N (fun i -> int64 (i % max 2 (c.N / 2)))

let all = [
    pairs
        "Barlow Twins"
        true
        false
        (fun c x -> two (Reference.BarlowTwins.Loss (x[0], x[1], c.N, lambda)))
        (fun _ x -> Torch.BarlowTwins.Loss (x[0], x[1], lambda))
    pairs
        "Barlow Twins, unbiased"
        true
        false
        (fun c x -> two (Reference.BarlowTwins.Loss (x[0], x[1], c.N, lambda, true)))
        (fun _ x -> Torch.BarlowTwins.Loss (x[0], x[1], lambda, true))
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
    pairs "IMAX" true false (fun c x -> two (Reference.Imax.Loss (x[0], x[1], c.N, 0.1))) (fun _ x ->
        Torch.Imax.Loss (x[0], x[1], 0.1))
    {
        pairs
            "alignment and log-sum-exp"
            true
            true
            (fun c x -> two (Reference.Generalized.Loss (x[0], x[1], c.N, c.T, 0.3, true)))
            (fun c x -> Torch.Generalized.Loss (x[0], x[1], c.T, 0.3, true)) with
            Tiled = true
            Kernel = fun c tile x -> Torch.Generalized.Loss (x[0], x[1], c.T, 0.3, true, tile)
    }
    single "KoLeo" 2 (fun c x -> Reference.KoLeo.Loss (x, c.N)) (fun _ tile x -> Torch.KoLeo.Loss (x, tile))
    single "SIGReg" 1 (fun c x -> Reference.SigReg.Loss (x, unitDirections c, c.N)) (fun c _ x ->
        Torch.SigReg.Loss (x, lines c x))
    single "mean entropy" 1 (fun c x -> Reference.MeanEntropy.Loss (x, c.N, c.T)) (fun c _ x ->
        Torch.MeanEntropy.Loss (x, c.T))
    single "entropy" 1 (fun c x -> Reference.Consistency.Entropy (x, c.N)) (fun _ _ x ->
        Torch.Consistency.Entropy x)
    single
        "cross-entropy of labels"
        1
        (fun c x -> Reference.Classification.Loss (x, labels c |> Array.map int64, 1.0))
        (fun c _ x ->
            Torch.Classification.Loss (x, (torch.tensor (labels c |> Array.map int64)).``to`` x.device, 1.0))
    single
        "cross-entropy of labels that are not known yet"
        1
        (fun c x -> Reference.Classification.Loss (x, labels c |> Array.map int64, 0.4))
        (fun c _ x ->
            Torch.Classification.Loss (x, (torch.tensor (labels c |> Array.map int64)).``to`` x.device, 0.4))
    single "exemplars" 2 (fun c x -> Reference.BatchHard.Loss (x, images c, c.N)) (fun c tile x ->
        Torch.BatchHard.Loss (x, (torch.tensor (images c)).``to`` x.device, tile))
    {
        single
            "hidden patches"
            1
            (fun c x ->
                let teacher = numbers (c.Seed + 8000UL) (3 * c.N * c.D)
                Reference.HiddenPatches.Loss (x, teacher, hidden c, middle c, c.N, 0.1, c.T))
            (fun c _ x ->
                let masks = torch.tensor(hidden c).view(int64 c.N, 3L).``to`` x.device
                let teacher = like x (3 * c.N) (numbers (c.Seed + 8000UL) (3 * c.N * c.D))
                Torch.HiddenPatches.Loss (x, teacher, masks, like x 1 (middle c), 0.1, c.T)) with
            Rows = fun c -> [ 3 * c.N ]
    }
    {
        single
            "restoration"
            1
            (fun c x ->
                let struct (values, noise, a, b) =
                    Reference.Restoration.Loss (x, restored c, noisy c, hidden c)
                struct (0.7 * values + 0.3 * noise, Array.map2 (fun u v -> 0.7 * u + 0.3 * v) a b))
            (fun c _ x ->
                let patches (t: torch.Tensor) = t.view (int64 c.N, 3L, int64 c.D)
                let masks = torch.tensor(hidden c).view(int64 c.N, 3L).``to`` x.device
                let given values = like x (3 * c.N) values |> patches
                let struct (values, noise) =
                    Torch.Restoration.Loss (patches x, given (restored c), given (noisy c), masks)
                values.mul (0.7.ToScalar()) + noise.mul (0.3.ToScalar())) with
            Rows = fun c -> [ 3 * c.N ]
    }
    pairs
        "hinge of discriminators"
        true
        false
        (fun c x -> two (Reference.Adversarial.Hinge (x[0], x[1], c.N)))
        (fun _ x -> Torch.Adversarial.Loss (x[0], x[1]))
    pairs
        "those who are judged"
        true
        false
        (fun c x -> two (Reference.Adversarial.Judged (x[0], x[1], c.N)))
        (fun _ x -> Torch.Adversarial.Judged (x[0], x[1]))
    single "pseudo-labels" 1 (fun c x -> Reference.PseudoLabel.Loss (x, targets c, c.N, 0.5)) (fun c _ x ->
        Torch.PseudoLabel.Loss (x, like x c.N (targets c), 0.5))
    single
        "pseudo-labels by their share"
        1
        (fun c x -> Reference.PseudoLabel.ByShare (x, targets c, c.N, 0.5))
        (fun c _ x -> Torch.PseudoLabel.ByShare (x, like x c.N (targets c), 0.5))
    single
        "divergence turned round"
        1
        (fun c x -> Reference.Consistency.Turned (x, targets c, c.N))
        (fun c _ x -> Torch.Consistency.Turned (x, like x c.N (targets c)))
    {
        single
            "noise contrast by sums"
            1
            (fun c x ->
                // The values of each row add up to a score, five scores an anchor.
                let scores = x |> Array.chunkBySize c.D |> Array.map Array.sum
                let struct (loss, back) = Reference.NoiseContrast.Sum (scores, c.N, c.T)
                struct (loss, x |> Array.mapi (fun i _ -> back[i / c.D])))
            (fun c _ x -> Torch.NoiseContrast.Sum (x.sum(1L).reshape(int64 c.N, 5L), c.T)) with
            Rows = fun c -> [ 5 * c.N ]
    }
    single "consistency" 1 (fun c x -> Reference.Consistency.Loss (x, targets c, c.N, 0.4, 0.5)) (fun c _ x ->
        Torch.Consistency.Loss (x, like x c.N (targets c), 0.4, 0.5))
    single "distillation" 1 (fun c x -> Reference.Consistency.Distil (x, targets c, c.N, c.T)) (fun c _ x ->
        Torch.Consistency.Distil (x, like x c.N (targets c), c.T))
]

/// The objective of a name.
let named name = all |> List.find (fun o -> o.Name = name)
