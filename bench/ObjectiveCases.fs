/// Every objective as it is measured: 1,024 rows of 128 values that the peer makes alike, and its loss.
module Vantage.Bench.ObjectiveCases

open System
open TorchSharp
open Vantage.Kernels

/// Rows of a batch, values of a row, places of an image.
let rows, width, places = 1024, 128, 16
let private bank = 50_000
let private temperature = 0.1

// Numbers in [0, 1) that Python makes alike: the fraction of a large sine.
let private fraction seed i =
    let x = sin (float (i + 1) * 12.9898 + float seed * 78.233) * 43758.5453
    x - floor x

/// Values of variance 1; the seed is the one of the same values in bench/peers/objectives_pytorch.py.
let private values seed (size: int64 array) =
    let count = int (Array.fold (*) 1L size)
    torch.tensor(Array.init count (fun i -> sqrt 12.0 * (fraction seed i - 0.5))).view(size).to_type
        torch.float32

let private leaf seed (size: int64 array) = (values seed size).detach().requires_grad_ true

let private batch = [| int64 rows; int64 width |]

let private plain seed = values seed batch

let private unit (x: torch.Tensor) = Torch.UnitRows.Of(x).detach()

let private number (x: float) : Scalar = x.ToScalar ()

// What carries gradient, and the loss of it, all else made once.
let private views count (loss: torch.Tensor list -> torch.Tensor) =
    let leaves = [ for seed in 1..count -> leaf seed batch ]
    leaves, (fun () -> loss leaves)

let private one (loss: torch.Tensor -> torch.Tensor) = views 1 (fun x -> loss x[0])

let private two (loss: torch.Tensor -> torch.Tensor -> torch.Tensor) = views 2 (fun x -> loss x[0] x[1])

let private directions count =
    let lines = values 13 [| int64 width; int64 count |]
    lines / lines.square().sum([| 0L |], true).sqrt()

let private labels seed bound count =
    torch.tensor (Array.init count (fun i -> int64 (fraction seed i * float bound)))

let private many seed = values seed [| int64 rows; int64 places; int64 width |]

let private masks () =
    torch.tensor(Array.init (rows * places) (fun i -> fraction 12 i < 0.5)).view(int64 rows, int64 places)

/// Names, the same as the objective's in the tests where it has one there, and how it is prepared.
let all: (string * (unit -> torch.Tensor list * (unit -> torch.Tensor))) list = [
    "DCL", (fun () -> two (fun a b -> Torch.Decoupled.Loss (a, b, temperature, true)))
    "DCLW", (fun () -> two (fun a b -> Torch.Decoupled.Weighted (a, b, temperature, 0.5, true)))
    "SupCon",
    (fun () ->
        let y = (labels 6 10 rows).repeat [| 2L |]
        two (fun a b -> Torch.SupCon.Loss (torch.cat ([| a; b |], 0L), y, temperature, true)))
    "NT-Logistic", (fun () -> two (fun a b -> Torch.NtLogistic.Loss (a, b, temperature, true)))
    "NT-Logistic, semi-hard", (fun () -> two (fun a b -> Torch.NtLogistic.SemiHard (a, b, temperature, true)))
    "margin triplet", (fun () -> two (fun a b -> Torch.MarginTriplet.Loss (a, b, 0.8, true)))
    "margin triplet, semi-hard", (fun () -> two (fun a b -> Torch.MarginTriplet.SemiHard (a, b, 0.8, true)))
    "MoCo v3",
    (fun () ->
        let keys = plain 4
        one (fun a -> Torch.InfoNce.InBatch (a, keys, temperature, true)))
    "memory bank",
    (fun () ->
        let bankRows, own = unit (values 7 [| int64 bank; int64 width |]), labels 8 bank rows
        one (fun a -> Torch.InfoNce.Bank (a, bankRows, own, temperature, true)))
    "noise contrast",
    (fun () ->
        let bankRows = unit (values 7 [| int64 bank; int64 width |])
        let drawn = (labels 9 bank (rows * 513)).view(int64 rows, 513L)
        let z = (torch.tensor (log 40.0)).to_type torch.float32
        one (fun a ->
            let scores = Torch.NoiseContrast.Scores (Torch.UnitRows.Of a, bankRows, drawn)
            Torch.NoiseContrast.Loss (scores, z, temperature, int64 bank)))
    "CPC patches",
    (fun () ->
        let which = torch.arange (int64 rows)
        two (fun a b -> Torch.InfoNce.Patches (a, b, which)))
    "AMDIM",
    (fun () ->
        let source, target = leaf 1 batch, (many 10).requires_grad_ true
        [ source; target ],
        fun () ->
            let struct (loss, penalty) = Torch.LocalGlobal.Loss (source, target, 20.0)
            loss + penalty * number 0.05)
    "Barlow Twins", (fun () -> two (fun a b -> Torch.BarlowTwins.Loss (a, b, 0.005)))
    "VICReg", (fun () -> two (fun a b -> Torch.VicReg.Loss (a, b, 25.0, 25.0, 1.0)))
    "hypersphere", (fun () -> two (fun a b -> Torch.Hypersphere.Loss (a, b, 2.0, 1.0)))
    "BYOL",
    (fun () ->
        let target = plain 4
        one (fun a -> Torch.CosineRegression.Loss (a, target)))
    "W-MSE",
    (fun () ->
        let order = torch.arange (int64 rows)
        let white z = Torch.Whitening.Of (z, order, int64 (2 * width), 0.0)
        // 2 - 2 cos, where both sides carry gradient.
        two (fun a b -> (Torch.Alignment.Loss (white a, white b, 1.0, true) + number 1.0) * number 2.0))
    "SwAV",
    (fun () ->
        two (fun a b ->
            let scores = [| Torch.UnitRows.Of a; Torch.UnitRows.Of b |]
            let codes = scores |> Array.map (fun s -> Torch.Sinkhorn.Codes (s.detach (), 0.05, 3))
            Torch.SwapCodes.Loss (scores, codes, temperature)))
    "sliced Wasserstein",
    (fun () ->
        let prior, lines = plain 4, directions width
        one (fun a -> Torch.SlicedWasserstein.Loss (a, prior, lines, true)))
    "DINO",
    (fun () ->
        let teachers, centre = [| plain 4; plain 5 |], (plain 4).narrow(0L, 0L, 1L)
        views 3 (fun x -> Torch.Dino.Loss (List.toArray x, teachers, centre, temperature, 0.04)))
    "IMAX", (fun () -> two (fun a b -> Torch.Imax.Loss (a, b, 0.1)))
    "alignment and log-sum-exp",
    (fun () -> two (fun a b -> Torch.Generalized.Loss (a, b, temperature, 0.3, true)))
    "KoLeo", (fun () -> one Torch.KoLeo.Loss)
    "SIGReg",
    (fun () ->
        let lines = directions 1024
        one (fun a -> Torch.SigReg.Loss (a, lines)))
    "mean entropy", (fun () -> one (fun a -> Torch.MeanEntropy.Loss (a, temperature)))
    "entropy", (fun () -> one Torch.Consistency.Entropy)
    "cross-entropy of labels",
    (fun () ->
        let y = labels 6 10 rows
        one (fun a -> Torch.Classification.Loss (a, y, 1.0)))
    "hidden patches",
    (fun () ->
        let student = (many 10).flatten(0L, 1L).detach().requires_grad_ true
        let teacher, hidden = (many 11).flatten(0L, 1L), masks ()
        let centre = (plain 4).narrow(0L, 0L, 1L)
        [ student ],
        (fun () -> Torch.HiddenPatches.Loss (student, teacher, hidden, centre, temperature, 0.04)))
    "restoration",
    (fun () ->
        let told = (many 10).requires_grad_ true
        let values = many 11
        let noise, hidden = values * number 0.1, masks ()
        [ told ],
        fun () ->
            let struct (a, b) = Torch.Restoration.Loss (told, values, noise, hidden)
            a * number 0.7 + b * number 0.3)
    "pseudo-labels",
    (fun () ->
        let weak = plain 4
        one (fun a -> Torch.PseudoLabel.Loss (a, weak, 0.5)))
    "consistency",
    (fun () ->
        let weak = plain 4
        one (fun a -> Torch.Consistency.Loss (a, weak, 0.4, 0.5)))
    "distillation",
    (fun () ->
        let teacher = plain 4
        one (fun a -> Torch.Consistency.Distil (a, teacher, temperature)))
    "exemplars",
    (fun () ->
        let images = (torch.arange 128L).repeat [| int64 rows / 128L |]
        one (fun a -> Torch.BatchHard.Loss (a, images)))
    "virtual adversary",
    (fun () ->
        // A linear model, so that what is measured is the adversary and not a network.
        let weights, images, start = leaf 1 [| int64 width; int64 width |], plain 4, plain 5
        [ weights ],
        fun () ->
            let model = Func<_, _>(fun (x: torch.Tensor) -> x.mm weights * number 0.1)
            Torch.VirtualAdversary.Loss (model, images, start, 1.0, 2.0, 1))
]

/// The losses of classes again with the 1,000 classes of ImageNet: at 128 they take 0.3 ms, of which the call itself is a good part.
let classes = 1000

/// Their names, the same as in <see cref="all"/>, and how they are prepared.
let ofClasses: (string * (unit -> torch.Tensor list * (unit -> torch.Tensor))) list =
    let batch = [| int64 rows; int64 classes |]
    let one (loss: torch.Tensor -> torch.Tensor) =
        let a = leaf 1 batch
        [ a ], (fun () -> loss a)
    [
        "cross-entropy of labels",
        (fun () ->
            let y = labels 6 10 rows
            one (fun a -> Torch.Classification.Loss (a, y, 1.0)))
        "pseudo-labels",
        (fun () ->
            let weak = values 4 batch
            one (fun a -> Torch.PseudoLabel.Loss (a, weak, 0.5)))
        "distillation",
        (fun () ->
            let teacher = values 4 batch
            one (fun a -> Torch.Consistency.Distil (a, teacher, temperature)))
    ]
