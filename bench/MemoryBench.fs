/// Memory of NT-Xent and of InfoNCE within a batch, forward and backward, beyond its inputs: the peak of a fresh process, beside eager PyTorch's.
module Vantage.Bench.MemoryBench

open System
open System.Diagnostics
open System.IO
open TorchSharp
open Vantage.Bench.Row
open Vantage.Kernels

let private width = 128
let private temperature = 0.5

/// A line of /proc/self/status, in MiB.
let status (name: string) =
    File.ReadLines "/proc/self/status"
    |> Seq.find (fun line -> line.StartsWith (name + ":"))
    |> fun line ->
        float (line.Split([| ' '; '\t' |], StringSplitOptions.RemoveEmptyEntries)[1])
        / 1024.0

let private step name (a: torch.Tensor) (b: torch.Tensor) =
    use _ = torch.NewDisposeScope ()
    let loss =
        match name with
        | "NT-Xent" -> Torch.NtXent.Loss (a, b, temperature, true)
        | "InfoNCE" -> Torch.InfoNce.InBatch (a, b.detach (), temperature, true)
        | other -> failwith $"the memory of {other} is not measured: NT-Xent or InfoNCE"
    loss.backward ()

/// What this process needs at most for N pairs of this objective beyond what it held with the inputs made, in MiB, gradients included.
let peak name n =
    let step = step name
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let leaf n = torch.randn(int64 n, int64 width).requires_grad_ true
    step (leaf 512) (leaf 512) // what is loaded and compiled once is not the loss's
    let a, b = leaf n, leaf n
    GC.Collect ()
    File.WriteAllText ("/proc/self/clear_refs", "5") // Linux: the peak starts anew
    let before = status "VmRSS"
    step a b
    status "VmHWM" - before

let private fresh name n =
    let info = ProcessStartInfo ("dotnet", RedirectStandardOutput = true)
    for argument in [ Reflection.Assembly.GetExecutingAssembly().Location; "peak"; string n; name ] do
        info.ArgumentList.Add argument
    use child = nonNull (Process.Start info)
    let text = child.StandardOutput.ReadToEnd ()
    child.WaitForExit ()
    if child.ExitCode <> 0 then
        failwith $"the measurement of {name} of {n} pairs ended with {child.ExitCode}"
    Double.Parse (text, Globalization.CultureInfo.InvariantCulture)

/// Whether the value of InfoNCE within a batch is the reference's, to float32 rounding of sums of 192 terms; NT-Xent as in the bench of losses.
let private equal =
    function
    | "InfoNCE" ->
        use _ = torch.NewDisposeScope ()
        let n = 192
        let rows () = torch.randn (int64 n, int64 width)
        let a, b = rows (), rows ()
        let values (t: torch.Tensor) = t.to_type(torch.float64).data<float>().ToArray()
        let struct (meant, _, _) =
            Reference.InfoNce.Loss (values a, values b, Array.init n id, temperature, true)
        let found = Torch.InfoNce.InBatch (a, b, temperature, true)
        abs (float (found.item<float32>()) - 2.0 * temperature * meant) < 1e-5 * meant
    | _ -> LossBench.equal Torch.Products.Full 192

let private row (name: string, n, eager) =
    let peer =
        if eager then
            Peer.run "ntxent_memory_pytorch.py" 1 [ string n; string width; name ]
        else
            None
    {
        Case = $"{name} forward and backward, N = {n}, d = {width}, memory beyond the inputs"
        Unit = "MiB"
        Ours = fresh name n
        Peer = Option.map fst peer
        PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
        Equal = equal name
        Bytes = 0.0
        Operations = 0.0
    }

/// All cases. Eager's N x N matrices fit beside their gradients up to 4,096 pairs; beyond, only ours is run.
let run quick = [
    for name in [ "NT-Xent"; "InfoNCE" ] do
        for n in [ 1024; 4096 ] do
            row (name, n, true)
        if not quick then
            row (name, 16384, false)
]
