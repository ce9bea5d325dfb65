/// Losses, forward and backward, beside the same in eager PyTorch.
module Vantage.Bench.LossBench

open System
open TorchSharp
open Vantage.Bench.Row
open Vantage.Kernels

let private width = 128
let private temperature = 0.5

/// Float32 against the reference in double: sums of 2N exponentials and products of 128 values.
let private tolerance = 1e-4

let private values (seed: uint64) count =
    Array.init count (fun i -> 2.0 * float (Philox.Uniform (seed, 0, int64 i, 0, 0)) - 1.0)

let private leaf (x: float array) n =
    torch.tensor(x).reshape(int64 n, int64 width).to_type(torch.float32).detach().requires_grad_ true

let private near (found: float array) (expected: float array) =
    let scale = expected |> Array.map abs |> Array.max
    Array.forall2 (fun x y -> abs (x - y) <= tolerance * scale) found expected

/// Whether value and gradient of N pairs are the reference's.
let equal n =
    use _ = torch.NewDisposeScope ()
    let a, b = values 1UL (n * width), values 2UL (n * width)
    let struct (expected, gradient, _) = Reference.NtXent.Loss (a, b, n, temperature, true)
    let ta, tb = leaf a n, leaf b n
    let loss = Torch.NtXent.Loss (ta, tb, temperature, true)
    loss.backward ()
    let found = (nonNull ta.grad).to_type(torch.float64).data<float>().ToArray()
    near found gradient
    && abs (float (loss.item<float32>()) - expected) <= tolerance * expected

let private row quick n =
    let a, b = leaf (values 3UL (n * width)) n, leaf (values 4UL (n * width)) n
    let step () =
        use _ = torch.NewDisposeScope ()
        Torch.NtXent.Loss(a, b, temperature, true).backward()
        (nonNull a.grad).zero_() |> ignore
        (nonNull b.grad).zero_() |> ignore
    let peer =
        Peer.run "ntxent_pytorch.py" 1 [
            string n
            string width
            temperature.ToString Globalization.CultureInfo.InvariantCulture
        ]
    {
        Case = $"NT-Xent forward and backward, N = {n}, d = {width}"
        Unit = "pairs/s"
        Ours = Watch.perSecond quick step * float n
        Peer = Option.map fst peer
        PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
        Equal = equal (min n 192)
        Bytes = 0.0
        Operations = 0.0
    }

let private queueEqual n size =
    use _ = torch.NewDisposeScope ()
    let q, k, queue = values 5UL (n * width), values 6UL (n * width), values 7UL (size * width)
    let struct (expected, gradient) = Reference.InfoNce.Queue (q, k, queue, n, temperature, true)
    let leaf' = leaf q n
    let loss = Torch.InfoNce.Queue (leaf', leaf k n, leaf queue size, temperature, true)
    loss.backward ()
    near ((nonNull leaf'.grad).to_type(torch.float64).data<float>().ToArray()) gradient
    && abs (float (loss.item<float32>()) - expected) <= tolerance * expected

let private queueRow quick n size =
    let q, k, queue =
        leaf (values 5UL (n * width)) n,
        leaf (values 6UL (n * width)) n,
        leaf (values 7UL (size * width)) size
    let step () =
        use _ = torch.NewDisposeScope ()
        Torch.InfoNce.Queue(q, k, queue, temperature, true).backward()
        (nonNull q.grad).zero_() |> ignore
    let peer =
        Peer.run "moco_pytorch.py" 1 [
            string n
            string size
            string width
            temperature.ToString Globalization.CultureInfo.InvariantCulture
        ]
    {
        Case = $"MoCo forward and backward, N = {n}, queue = {size}, d = {width}"
        Unit = "queries/s"
        Ours = Watch.perSecond quick step * float n
        Peer = Option.map fst peer
        PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
        Equal = queueEqual (min n 64) (min size 500)
        Bytes = 0.0
        Operations = 0.0
    }

/// The cases whose names hold this text.
let run (part: string) quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    [
        for n in [ 256; 1024; 4096 ] do
            $"NT-Xent {n}", (fun () -> row quick n)
        "MoCo queue", (fun () -> queueRow quick 256 65536)
    ]
    |> List.filter (fun (name, _) -> name.Contains part)
    |> List.map (fun (_, measure) -> measure ())
