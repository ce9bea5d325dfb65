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

/// What products of bfloat16 may add: two cosines moved by 2^-8 each over the temperature.
let private bfloat16 products = if products = Torch.Products.BFloat16 then 2.0 / 256.0 / temperature else 0.0

let private near tolerance (found: float array) (expected: float array) =
    let scale = expected |> Array.map abs |> Array.max
    Array.forall2 (fun x y -> abs (x - y) <= tolerance * scale) found expected

/// Whether value and gradient of N pairs are the reference's.
let equal (products: Torch.Products) n =
    let tolerance = tolerance + bfloat16 products
    use _ = torch.NewDisposeScope ()
    let a, b = values 1UL (n * width), values 2UL (n * width)
    let struct (expected, gradient, _) = Reference.NtXent.Loss (a, b, n, temperature, true)
    let ta, tb = leaf a n, leaf b n
    let loss = Torch.NtXent.Loss (ta, tb, temperature, true, products)
    loss.backward ()
    let found = (nonNull ta.grad).to_type(torch.float64).data<float>().ToArray()
    near tolerance found gradient
    && abs (float (loss.item<float32>()) - expected) <= tolerance * expected

let private full, half = Torch.Products.Full, Torch.Products.BFloat16

let private named products = if products = half then ", products of bfloat16" else ""

let private asked products = [
    if products = half then
        "bfloat16"
]

/// What libtorch multiplies, in operations a second: float32 or bfloat16 matrices of 2,048 x 2,048.
let private matrixRate quick products =
    use _ = torch.NewDisposeScope ()
    let side = 2048L
    let m = (torch.randn (side, side)).to_type(if products = half then torch.bfloat16 else torch.float32)
    let step () =
        use _ = torch.NewDisposeScope ()
        m.mm m |> ignore
    Watch.perSecond quick step * 2.0 * float (side * side * side)

/// The arithmetic of a loss's products a second beside libtorch's matrix rate of the same type: the ratio is the share of it.
let private share quick products case operations = {
    Case = case + ", share of the matrix rate"
    Unit = "GFLOP/s"
    Ours = operations / 1e9
    Peer = Some (matrixRate quick products / 1e9)
    PeerName = "libtorch's product of 2,048 x 2,048 matrices"
    Equal = true
    Bytes = 0.0
    Operations = 0.0
}

let private row (products: Torch.Products) quick n =
    let a, b = leaf (values 3UL (n * width)) n, leaf (values 4UL (n * width)) n
    let step () =
        use _ = torch.NewDisposeScope ()
        Torch.NtXent.Loss(a, b, temperature, true, products).backward()
        (nonNull a.grad).zero_() |> ignore
        (nonNull b.grad).zero_() |> ignore
    let peer =
        Peer.run "ntxent_pytorch.py" 1 [
            string n
            string width
            temperature.ToString Globalization.CultureInfo.InvariantCulture
            yield! asked products
        ]
    let steps = Watch.perSecond quick step
    let case = $"NT-Xent forward and backward, N = {n}, d = {width}{named products}"
    [
        {
            Case = case
            Unit = "pairs/s"
            Ours = steps * float n
            Peer = Option.map fst peer
            PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
            Equal = equal products (min n 192)
            Bytes = 0.0
            Operations = 0.0
        }
        if n = 4096 then
            // Half of all similarities forward, half backward, and one product for the slopes: 2 (2N)^2 d each whole.
            share quick products case (steps * 4.0 * float (2 * n) * float (2 * n) * float width)
    ]

let private queueEqual (products: Torch.Products) n size =
    let tolerance = tolerance + bfloat16 products
    use _ = torch.NewDisposeScope ()
    let q, k, queue = values 5UL (n * width), values 6UL (n * width), values 7UL (size * width)
    let struct (expected, gradient) = Reference.InfoNce.Queue (q, k, queue, n, temperature, true)
    let leaf' = leaf q n
    let loss =
        Torch.InfoNce.Queue (leaf', leaf k n, leaf queue size, temperature, true, products = products)
    loss.backward ()
    near tolerance ((nonNull leaf'.grad).to_type(torch.float64).data<float>().ToArray()) gradient
    && abs (float (loss.item<float32>()) - expected) <= tolerance * expected

let private queueRow (products: Torch.Products) quick n size =
    let q, k, queue =
        leaf (values 5UL (n * width)) n,
        leaf (values 6UL (n * width)) n,
        leaf (values 7UL (size * width)) size
    let step () =
        use _ = torch.NewDisposeScope ()
        Torch.InfoNce.Queue(q, k, queue, temperature, true, products = products).backward()
        (nonNull q.grad).zero_() |> ignore
    let peer =
        Peer.run "moco_pytorch.py" 1 [
            string n
            string size
            string width
            temperature.ToString Globalization.CultureInfo.InvariantCulture
            yield! asked products
        ]
    let steps = Watch.perSecond quick step
    let case = $"MoCo forward and backward, N = {n}, queue = {size}, d = {width}{named products}"
    [
        {
            Case = case
            Unit = "queries/s"
            Ours = steps * float n
            Peer = Option.map fst peer
            PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
            Equal = queueEqual products (min n 64) (min size 500)
            Bytes = 0.0
            Operations = 0.0
        }
        share quick products case (steps * 4.0 * float n * float size * float width)
    ]

/// The cases whose names hold this text.
let run (part: string) quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    [
        for products, name in [ full, ""; half, ", bfloat16" ] do
            for n in [ 256; 1024; 4096 ] do
                $"NT-Xent {n}{name}", (fun () -> row products quick n)
            $"MoCo queue{name}", (fun () -> queueRow products quick 256 65536)
    ]
    |> List.filter (fun (name, _) -> name.Contains part)
    |> List.collect (fun (_, measure) -> measure ())
