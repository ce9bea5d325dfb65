/// Every objective, forward and backward, beside its eager form in PyTorch; and the kernels' worst errors.
module Vantage.Bench.ObjectiveBench

open System
open TorchSharp
open Vantage.Bench.Row
open Vantage.Kernels
open Vantage.Tests

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

// Products of bfloat16 beside the same kernels in double: 256 rows of 128 values, the worst of 5 draws.
let private halves () =
    printfn "| products of bfloat16, 256 rows of 128 values | value | gradient, of its largest entry |"
    printfn "|---|---|---|"
    for t in [ 0.1; 0.5 ] do
        let run (products: Torch.Products) moco dtype seed =
            let rows seed =
                torch
                    .tensor(Objectives.numbers seed (256 * 128))
                    .view(256L, 128L)
                    .to_type(dtype: torch.ScalarType)
            let a = (rows seed).detach().requires_grad_ true
            let b = (rows seed + rows (seed + 10UL)).detach()
            let loss =
                if moco then
                    let queue = torch.cat ([| rows (seed + 20UL); rows (seed + 30UL) |], 0L)
                    Torch.InfoNce.Queue (a, b, queue, t, true, products = products)
                else
                    Torch.NtXent.Loss (a, b, t, true, products)
            loss.backward ()
            loss.to_type(torch.float64).item<float>(),
            (nonNull a.grad).to_type(torch.float64).data<float>().ToArray()
        for moco, name in [ false, "NT-Xent"; true, "MoCo" ] do
            let off seed =
                use _ = torch.NewDisposeScope ()
                let value, slopes = run Torch.Products.Full moco torch.float64 seed
                let found, back = run Torch.Products.BFloat16 moco torch.float32 seed
                let largest = slopes |> Array.map abs |> Array.max
                abs (found - value), (Array.map2 (fun x y -> abs (x - y)) slopes back |> Array.max) / largest
            let values, gradients = List.unzip (List.map off [ 1UL .. 5UL ])
            printfn $"| {name}, t = {t} | {List.max values:E1} | {List.max gradients:E1} |"

/// Prints the worst errors of the kernels against the references in double, as Markdown.
let errors () =
    Interop.NativeLibraries.Load ()
    printfn "| objective | value, float64 | gradient, float64 | value, float32 | gradient, float32 |"
    printfn "|---|---|---|---|---|"
    for objective in known do
        let value, gradient = worst false objective
        let value32, gradient32 = worst true objective
        printfn $"| {objective.Name} | {value:E1} | {gradient:E1} | {value32:E1} | {gradient32:E1} |"
    printfn ""
    halves ()

/// Both sides in float32 at the bench's size: sums of up to two million terms in other orders, at temperatures down to 0.04.
let private sameAsPeer = 5e-4

// Swapped codes, whitening and the virtual adversary are tested in parts, so they have no entry among the tests' objectives.
let private parts =
    Map [
        "SwAV",
        (fun () ->
            let x = [| for seed in 1UL .. 2UL -> Objectives.numbers seed 20 |]
            let codes = x |> Array.map (fun s -> Reference.Sinkhorn.Codes (s, 5, 0.25, 3))
            let matrix (s: float array) = torch.tensor(s).view(5L, 4L).to_type torch.float32
            let struct (meant, _) = Reference.SwapCodes.Loss (x, codes, 5, 0.3)
            let scores = x |> Array.map matrix
            let found =
                Torch.SwapCodes.Loss (
                    scores,
                    scores |> Array.map (fun s -> Torch.Sinkhorn.Codes (s, 0.25, 3)),
                    0.3
                )
            abs (float (found.item<float32>()) - meant) / abs meant)
        "virtual adversary",
        (fun () ->
            let rows seed = torch.tensor(Objectives.numbers seed 20).view(5L, 4L).to_type torch.float32
            let x, start, w = rows 1UL, rows 2UL, (rows 3UL).narrow(0L, 0L, 4L)
            let apply (x: torch.Tensor) = x.mm w
            let model = Func<torch.Tensor, torch.Tensor> apply
            let step = Torch.VirtualAdversary.Direction (model, x, start, 1.0, 2.0, 1)
            let logits (x: torch.Tensor) = (apply x).to_type(torch.float64).data<float>().ToArray()
            let struct (meant, _) = Reference.Consistency.Loss (logits (x + step), logits x, 5, 1.0, 0.0)
            let found = Torch.VirtualAdversary.Loss (model, x, start, 1.0, 2.0, 1)
            abs (float (found.item<float32>()) - meant) / abs meant)
        "W-MSE",
        (fun () ->
            let x = Objectives.numbers 1UL 32
            let meant = Reference.Whitening.Of (x, 8, 0.0)
            let found =
                Torch.Whitening.Of (
                    torch.tensor(x).view(8L, 4L).to_type torch.float32,
                    torch.arange 8L,
                    8L,
                    0.0
                )
            Array.map2
                (fun (m: float) f -> abs (m - f))
                meant
                (found.to_type(torch.float64).data<float>().ToArray())
            |> Array.max)
    ]

/// Whether the kernel gives the reference's answers on small cases.
let private equal name =
    match known |> List.tryFind (fun o -> o.Name = name) with
    | Some objective ->
        let value, gradient = worst true objective
        value < tolerance && gradient < tolerance
    | None -> parts[name]() < tolerance

// The loss and the lengths of all gradients.
let private answers (leaves: torch.Tensor list) (loss: unit -> torch.Tensor) =
    use _ = torch.NewDisposeScope ()
    let value = loss ()
    value.backward ()
    let lengths =
        leaves
        |> List.map (fun leaf ->
            let length = (nonNull leaf.grad).to_type(torch.float64).norm().item<float>()
            leaf.grad <- null
            length)
    value.to_type(torch.float64).item<float>() :: lengths

let private row quick width (name, prepare: unit -> torch.Tensor list * (unit -> torch.Tensor)) =
    use _ = torch.NewDisposeScope ()
    let leaves, loss = prepare ()
    let found = answers leaves loss
    let step () =
        use _ = torch.NewDisposeScope ()
        (loss ()).backward()
        for leaf in leaves do
            leaf.grad <- null
    let ours = Watch.perSecond quick step * float ObjectiveCases.rows
    let peer =
        Peer.runWithResults "objectives_pytorch.py" [ name; string ObjectiveCases.rows; string width ]
    let agrees (same: Map<string, float array>) =
        let theirs = List.ofArray same["answers"]
        let off = List.map2 (fun x y -> abs (x - y) / max 1e-6 (abs y)) found theirs |> List.max
        if off > sameAsPeer then
            eprintfn $"{name}: %A{found}, the peer's %A{theirs}"
        off <= sameAsPeer
    {
        Case = $"{name}, {ObjectiveCases.rows} rows of {width} values"
        Unit = "rows/s"
        Ours = ours
        Peer = peer |> Option.map (fst >> fst)
        PeerName = peer |> Option.map (fst >> snd) |> Option.defaultValue "torch"
        Equal = equal name && peer |> Option.forall (snd >> agrees)
        Bytes = 0.0
        Operations = 0.0
    }

/// The cases whose names hold this text.
let run (part: string) quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let measured width cases =
        cases
        |> List.filter (fun (name: string, _) -> name.Contains part)
        |> List.map (row quick width)
    measured ObjectiveCases.width ObjectiveCases.all
    @ measured ObjectiveCases.classes ObjectiveCases.ofClasses
