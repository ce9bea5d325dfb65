/// Memory of NT-Xent, forward and backward, beyond its inputs: the peak of a fresh process, beside eager PyTorch's.
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

let private step (a: torch.Tensor) b =
    use _ = torch.NewDisposeScope ()
    Torch.NtXent.Loss(a, b, temperature, true).backward()

/// What this process needs at most for N pairs beyond what it held with the inputs made, in MiB, gradients included.
let peak n =
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

let private fresh n =
    let info = ProcessStartInfo ("dotnet", RedirectStandardOutput = true)
    for argument in [ Reflection.Assembly.GetExecutingAssembly().Location; "peak"; string n ] do
        info.ArgumentList.Add argument
    use child = nonNull (Process.Start info)
    let text = child.StandardOutput.ReadToEnd ()
    child.WaitForExit ()
    if child.ExitCode <> 0 then
        failwith $"the measurement of {n} pairs ended with {child.ExitCode}"
    Double.Parse (text, Globalization.CultureInfo.InvariantCulture)

let private row peer n = {
    Case = $"NT-Xent forward and backward, N = {n}, d = {width}, memory beyond the inputs"
    Unit = "MiB"
    Ours = fresh n
    Peer = Option.map fst peer
    PeerName = peer |> Option.map snd |> Option.defaultValue "torch"
    Equal = LossBench.equal Torch.Products.Full 192
    Bytes = 0.0
    Operations = 0.0
}

/// All cases. Eager's 2N x 2N matrices fit beside their gradients up to 4,096 pairs; beyond, only ours is run.
let run quick = [
    for n in [ 1024; 4096 ] do
        row (Peer.run "ntxent_memory_pytorch.py" 1 [ string n; string width ]) n
    if not quick then
        row None 16384
]
