/// The update of all weights of a network after its gradients are there: by vectors over their memory, beside the same by tensor operations.
module Vantage.Bench.UpdateBench

open System
open TorchSharp
open Vantage
open Vantage.Bench.Row
open Vantage.Kernels

let private networks = [
    "compactResNet [ 32; 64; 96 ] 1", compactResNet [ 32; 64; 96 ] 1
    "resnetSmall 18", resnetSmall 18
]

let private weights encoder =
    let weights = Weights (torch.CPU, 1UL, Precision.Float32, true)
    use _ = torch.NewDisposeScope ()
    Encoders.build weights 3 false false encoder |> ignore
    weights.Parameters
    |> List.map (fun (name, t) -> struct (name, t))
    |> List.toArray

let private rules: (string * (bool -> (struct (string * torch.Tensor))[] -> Optim.Optimizer)) list = [
    "SGD", (fun vectors p -> new Optim.Sgd (p, 0.9, 1e-4, Vectors = vectors))
    "AdamW", (fun vectors p -> new Optim.AdamW (p, 1e-4, Vectors = vectors))
    "LARS", (fun vectors p -> new Optim.Lars (p, 0.9, 1e-4, Vectors = vectors))
    "LAMB", (fun vectors p -> new Optim.Lamb (p, 1e-4, Vectors = vectors))
    "AdamW, gradients clipped", (fun vectors p -> new Optim.AdamW (p, 1e-4, Vectors = vectors, Clip = 1.0))
]

let private setGradients (parameters: (struct (string * torch.Tensor))[]) =
    for struct (_, p) in parameters do
        use g = new torch.Generator (uint64 (p.numel ()), torch.CPU)
        p.grad <- (torch.randn (p.shape, generator = g) * Scope.number 0.01).DetachFromDisposeScope()

let private values (parameters: (struct (string * torch.Tensor))[]) =
    torch.cat ([| for struct (_, p) in parameters -> p.detach().flatten() |], 0L)

// A millionth of the largest weight after one step: tests hold them to less, over more.
let private alike (a: torch.Tensor) (b: torch.Tensor) =
    (a - b).abs().max().item<float32>() < 1e-6f * b.abs().max().item<float32>()

// A step ends as a step of training does, or what it threw away would pile up.
let private timed quick (work: unit -> unit) =
    Watch.perSecond quick (fun () ->
        work ()
        Scope.settle ())

let private row name unit equal ours peer = {
    Case = name
    Unit = unit
    Ours = ours
    Peer = Some peer
    PeerName = "tensor operations"
    Equal = equal
    Bytes = 0.0
    Operations = 0.0
}

/// Updates a second of every rule and of a network that follows.
let run quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    [
        for name, encoder in networks do
            for rule, make in rules do
                use _ = torch.NewDisposeScope ()
                let one vectors =
                    let parameters = weights encoder
                    setGradients parameters
                    parameters, make vectors parameters
                let fast, plain = one true, one false
                (snd fast).Step 0.01
                (snd plain).Step 0.01
                let equal = alike (values (fst fast)) (values (fst plain))
                // At rate 0 weights stay finite however often they are stepped; the work is the same.
                let speed (_, optimizer: Optim.Optimizer) = timed quick (fun () -> optimizer.Step 0.0)
                row $"{rule}, {name}" "updates/s" equal (speed fast) (speed plain)
            use _ = torch.NewDisposeScope ()
            let tensors () = weights encoder |> Array.map (fun (struct (_, t)) -> t.detach ())
            let learnt = tensors () |> Array.map (fun t -> t + Scope.number 1.0)
            let follow vectors target =
                Optim.Follower.Step (target, learnt, 0.99, vectors)
                target
            let flat =
                Array.map (fun (t: torch.Tensor) -> t.flatten ())
                >> fun parts -> torch.cat (parts, 0L)
            let equal = alike (flat (follow true (tensors ()))) (flat (follow false (tensors ())))
            let speed vectors =
                let target = tensors ()
                timed quick (fun () -> follow vectors target |> ignore)
            row $"momentum target, {name}" "updates/s" equal (speed true) (speed false)
    ]
