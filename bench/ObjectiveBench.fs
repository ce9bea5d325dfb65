/// Every objective, forward and backward, beside its eager form in PyTorch: 1,024 rows of 128 values.
module Vantage.Bench.ObjectiveBench

open System
open TorchSharp
open Vantage.Bench.Row
open Vantage.Kernels
open Vantage.Tests

let private rows, width, places = 1024, 128, 16
let private bank = 50_000
let private temperature = 0.1

let private normal (size: int64 array) = torch.randn size

let private leaf (size: int64 array) = (normal size).requires_grad_ true

let private plain () = normal [| int64 rows; int64 width |]

let private unit (x: torch.Tensor) = Torch.UnitRows.Of(x).detach()

let private number (x: float) : Scalar = x.ToScalar ()

// What carries gradient, and the loss of it, all else made once.
let private views count (loss: torch.Tensor list -> torch.Tensor) =
    let leaves = [ for _ in 1..count -> leaf [| int64 rows; int64 width |] ]
    leaves, (fun () -> loss leaves)

let private one (loss: torch.Tensor -> torch.Tensor) = views 1 (fun x -> loss x[0])

let private two (loss: torch.Tensor -> torch.Tensor -> torch.Tensor) = views 2 (fun x -> loss x[0] x[1])

let private directions count =
    let lines = normal [| int64 width; int64 count |]
    lines / lines.square().sum([| 0L |], true).sqrt()

let private labels bound count = torch.randint (int64 bound, [| int64 count |], dtype = torch.int64)

let private masks () = torch.rand(int64 rows, int64 places).lt(number 0.5)

let private many () = normal [| int64 rows; int64 places; int64 width |]

/// Names, the same as the objective's in the tests where it has one there, and how it is prepared.
let private prepared: (string * (unit -> torch.Tensor list * (unit -> torch.Tensor))) list = [
    "DCL", (fun () -> two (fun a b -> Torch.Decoupled.Loss (a, b, temperature, true)))
    "DCLW", (fun () -> two (fun a b -> Torch.Decoupled.Weighted (a, b, temperature, 0.5, true)))
    "SupCon",
    (fun () ->
        let y = (labels 10 rows).repeat [| 2L |]
        two (fun a b -> Torch.SupCon.Loss (torch.cat ([| a; b |], 0L), y, temperature, true)))
    "NT-Logistic", (fun () -> two (fun a b -> Torch.NtLogistic.Loss (a, b, temperature, true)))
    "NT-Logistic, semi-hard", (fun () -> two (fun a b -> Torch.NtLogistic.SemiHard (a, b, temperature, true)))
    "margin triplet", (fun () -> two (fun a b -> Torch.MarginTriplet.Loss (a, b, 0.8, true)))
    "margin triplet, semi-hard", (fun () -> two (fun a b -> Torch.MarginTriplet.SemiHard (a, b, 0.8, true)))
    "MoCo v3",
    (fun () ->
        let keys = plain ()
        one (fun a -> Torch.InfoNce.InBatch (a, keys, temperature, true)))
    "memory bank",
    (fun () ->
        let bankRows, own = unit (normal [| int64 bank; int64 width |]), labels bank rows
        one (fun a -> Torch.InfoNce.Bank (a, bankRows, own, temperature, true)))
    "noise contrast",
    (fun () ->
        let bankRows = unit (normal [| int64 bank; int64 width |])
        let drawn = (labels bank (rows * 513)).view(int64 rows, 513L)
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
        let source, target = leaf [| int64 rows; int64 width |], (many ()).requires_grad_ true
        [ source; target ],
        fun () ->
            let struct (loss, penalty) = Torch.LocalGlobal.Loss (source, target, 20.0)
            loss + penalty * number 0.05)
    "Barlow Twins", (fun () -> two (fun a b -> Torch.BarlowTwins.Loss (a, b, 0.005)))
    "VICReg", (fun () -> two (fun a b -> Torch.VicReg.Loss (a, b, 25.0, 25.0, 1.0)))
    "hypersphere", (fun () -> two (fun a b -> Torch.Hypersphere.Loss (a, b, 2.0, 1.0)))
    "BYOL",
    (fun () ->
        let target = plain ()
        one (fun a -> Torch.CosineRegression.Loss (a, target)))
    "W-MSE",
    (fun () ->
        let order = torch.arange (int64 rows)
        let white z = Torch.Whitening.Of (z, order, int64 (2 * width), 0.0)
        two (fun a b -> Torch.CosineRegression.Loss (white a, white b)))
    "SwAV",
    (fun () ->
        two (fun a b ->
            let codes z = Torch.Sinkhorn.Codes (Torch.UnitRows.Of(z: torch.Tensor).detach(), 0.05, 3)
            let scores = [| Torch.UnitRows.Of a; Torch.UnitRows.Of b |]
            Torch.SwapCodes.Loss (scores, [| codes a; codes b |], temperature)))
    "sliced Wasserstein",
    (fun () ->
        let prior, lines = plain (), directions width
        one (fun a -> Torch.SlicedWasserstein.Loss (a, prior, lines, true)))
    "DINO",
    (fun () ->
        let teachers, centre = [| plain (); plain () |], normal [| 1L; int64 width |]
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
        let y = labels 10 rows
        one (fun a -> Torch.Classification.Loss (a, y, 1.0)))
    "hidden patches",
    (fun () ->
        let student = leaf [| int64 (rows * places); int64 width |]
        let teacher, hidden = (many ()).flatten(0L, 1L), masks ()
        let centre = normal [| 1L; int64 width |]
        [ student ],
        (fun () -> Torch.HiddenPatches.Loss (student, teacher, hidden, centre, temperature, 0.04)))
    "restoration",
    (fun () ->
        let told = (many ()).requires_grad_ true
        let values = many ()
        let noise, hidden = values * number 0.1, masks ()
        [ told ],
        fun () ->
            let struct (a, b) = Torch.Restoration.Loss (told, values, noise, hidden)
            a * number 0.7 + b * number 0.3)
    "pseudo-labels",
    (fun () ->
        let weak = plain ()
        one (fun a -> Torch.PseudoLabel.Loss (a, weak, 0.5)))
    "consistency",
    (fun () ->
        let weak = plain ()
        one (fun a -> Torch.Consistency.Loss (a, weak, 0.4, 0.5)))
    "distillation",
    (fun () ->
        let teacher = plain ()
        one (fun a -> Torch.Consistency.Distil (a, teacher, temperature)))
]

let private known = Objectives.all @ StatisticObjectives.all

/// The worst errors over 20 cases of an objective of the tests, each relative to the largest value expected: of the value and of the gradient, in this type.
let private worst single (objective: Objectives.Objective) =
    [
        for seed in 1UL .. 20UL do
            let case: Objectives.Case = {
                N = objective.Least + int (seed % 9UL)
                D = 2 + int (seed % 14UL)
                T = 0.1 + 0.05 * float (seed % 8UL)
                Seed = seed
            }
            let inputs = Objectives.inputs case objective
            let value, gradients = Objectives.kernel single 0 case inputs objective
            let expected, slopes = objective.Reference case inputs
            let scale = slopes |> Seq.collect (Seq.map abs) |> Seq.fold max 1e-3
            let off =
                Seq.map2 (Seq.map2 (fun (x: float) y -> abs (x - y))) gradients slopes
                |> Seq.collect id
                |> Seq.max
            abs (value - expected) / max 1.0 (abs expected), off / scale
    ]
    |> List.unzip
    |> fun (values, gradients) -> List.max values, List.max gradients

/// Float32 through sums of some ten terms of order 1 at temperatures of 0.1: a rounding of 2^-24 for each, magnified tenfold.
let private tolerance = 2e-4

/// Prints the worst errors of the kernels against the references in double, as Markdown.
let errors () =
    Interop.NativeLibraries.Load ()
    printfn "| objective | value, float64 | gradient, float64 | value, float32 | gradient, float32 |"
    printfn "|---|---|---|---|---|"
    for objective in known do
        let value, gradient = worst false objective
        let value32, gradient32 = worst true objective
        printfn $"| {objective.Name} | {value:E1} | {gradient:E1} | {value32:E1} | {gradient32:E1} |"

let private equal name =
    match known |> List.tryFind (fun o -> o.Name = name) with
    | Some objective ->
        let value, gradient = worst true objective
        value < tolerance && gradient < tolerance
    | None -> true // its parts are tested, it has no entry of its own: SwAV, W-MSE

/// All cases.
let run quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    torch.manual_seed 0L |> ignore
    prepared
    |> List.map (fun (name, prepare) ->
        let leaves, loss = prepare ()
        let step () =
            use _ = torch.NewDisposeScope ()
            (loss ()).backward()
            for leaf in leaves do
                leaf.grad <- null
        let ours = Watch.perSecond quick step * float rows
        let peer = Peer.run "objectives_pytorch.py" 1 [ name; string rows; string width ]
        {
            Case = $"{name}, {rows} rows of {width} values"
            Unit = "rows/s"
            Ours = ours
            Peer = Option.map fst peer
            PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
            Equal = equal name
            Bytes = 0.0
            Operations = 0.0
        })
