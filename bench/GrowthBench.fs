/// Memory of a run that goes on: what the process holds after a thousand steps and after ten thousand.
module Vantage.Bench.GrowthBench

open System
open System.Collections.Generic
open System.Threading
open TorchSharp
open Vantage
open Vantage.Bench.Row
open Vantage.Kernels

let private view = augment [ crop 16<px> (between 0.3 1.0); flip; standardize [ 0.5 ] [ 0.25 ] ]

/// BYOL on drawn figures, small enough for ten thousand steps in minutes: two networks, a momentum target, AdamW.
let private recipe epochs = {
    Name = "growth"
    Source = arxiv "2006.07733" "this benchmark alone"
    Data = "glyphs:256:0"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 8; 16 ] 1
    Projector = head [ linear 16; batchNorm; relu; linear 8 ]
    Passes = eachView
    Avoid = [ momentumTarget 0.99; predict [ linear 16; batchNorm; relu; linear 8 ] ]
    Objective = regression
    Optimizer = { Rule = Rule.AdamW; Rate = constant 1e-3; Decay = 1e-4 }
    Precision = float32s
    Batch = 16
    Epochs = LanguagePrimitives.Int32WithMeasure epochs
    Seed = 1UL
    Evaluate = []
}

/// The process's memory and the number of live tensors at every multiple of so many steps.
let private measured steps every =
    let data = Glyphs.load 256 0
    let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU (recipe (steps / 16)) data.Train
    let found = Dictionary<int, float * int64>()
    let log (metric: Metric) =
        if (metric.Step + 1) % every = 0 then
            let live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            found[metric.Step + 1] <- (MemoryBench.status "VmRSS", live)
            printfn $"step {metric.Step + 1}: {fst found[metric.Step + 1]:F1} MiB, {live} live tensors"
    Train.run trainer Position.start log ignore ignore CancellationToken.None
    |> ignore
    found

/// Resident memory at the end beside that at a tenth; equal where it grew by less than 1 % and no tensor more is alive.
let run quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let steps = if quick then 2000 else 10000
    let found = measured steps (steps / 10)
    let early, before = found[steps / 10]
    let late, after = found[steps]
    [
        {
            Case = $"memory of the process after {steps} steps of BYOL, beside that after {steps / 10}"
            Unit = "MiB"
            Ours = late
            Peer = Some early
            PeerName = $"after {steps / 10} steps"
            Equal = late <= 1.01 * early && before = after
            Bytes = 0.0
            Operations = 0.0
        }
    ]
