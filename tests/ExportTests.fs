module Vantage.Tests.ExportTests

open System.IO
open System.Threading
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private split = Generators.patterns "train" 40 3 18 4

let private fails part work =
    try
        work () |> ignore
        failtest "nothing was refused"
    with UserException text ->
        Expect.stringContains text part "words"

let private values (t: torch.Tensor) = t.contiguous().data<float32>().ToArray()

// A short run, saved twice.
let private saved folder =
    let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU Generators.small split
    let save position = Checkpoint.save folder Generators.small position (Train.state trainer)
    Train.run trainer Position.start ignore save ignore CancellationToken.None
    |> ignore
    trainer

let private damage (path: string) =
    let bytes = File.ReadAllBytes path
    bytes[bytes.Length - 3] <- bytes[bytes.Length - 3] ^^^ 1uy
    File.WriteAllBytes (path, bytes)

/// Encoders of runs as files.
[<Tests>]
let tests =
    testList "Export" [
        test "the encoder of a run comes back with its answers, under the names of its weights alone" {
            Script.inFolder (fun folder ->
                use _ = torch.NewDisposeScope ()
                let trainer = saved folder
                let file = Path.Combine (folder, "encoder.safetensors")
                let path, count, _ = Export.encoder folder file
                Expect.equal path (Checkpoint.file folder) "the newest"
                let own = EncoderFile.tensors trainer.Network.Weights
                Expect.equal count own.Length "tensors"
                Expect.isTrue
                    (count <
                        trainer.Network.Weights.Parameters.Length
                        + trainer.Network.Weights.Buffers.Length)
                    "no head"
                let fresh = Network.ofRecipe torch.CPU 3 { Generators.small with Seed = 99UL }
                Expect.isEmpty (EncoderFile.load file fresh.Weights) "nothing is left out"
                trainer.Network.Training <- false
                fresh.Training <- false
                let x = torch.rand (2L, 3L, 16L, 16L)
                let answer (network: Network) = Scope.withoutGradient (fun () -> values (network.Encode x))
                Expect.equal (answer fresh) (answer trainer.Network) "representations"
                fails "is there already" (fun () -> Export.encoder folder file))
        }
        test "a damaged checkpoint gives way to the one before, and two are refused" {
            Script.inFolder (fun folder ->
                saved folder |> ignore
                let file name = Path.Combine (folder, name)
                damage (Checkpoint.file folder)
                let path, _, _ = Export.encoder folder (file "a.safetensors")
                Expect.equal path (Checkpoint.previous folder) "the one before"
                damage (Checkpoint.previous folder)
                fails "No good checkpoint" (fun () -> Export.encoder folder (file "b.safetensors"))
                Expect.isFalse (File.Exists (file "b.safetensors")) "nothing is written")
        }
        test "what is no run, and what cannot be written, is refused in words" {
            Script.inFolder (fun folder ->
                fails "holds no checkpoint" (fun () -> Export.encoder folder (Path.Combine (folder, "a")))
                saved folder |> ignore
                fails "cannot be written" (fun () ->
                    Export.encoder folder (Path.Combine (folder, "none", "a")))
                File.WriteAllText (Checkpoint.file folder, "no checkpoint")
                File.Delete (Checkpoint.previous folder)
                fails "No good checkpoint" (fun () -> Export.encoder folder (Path.Combine (folder, "c")))
                Expect.equal (Export.main [ folder ]) 2 "usage")
        }
        test "300 steps end with as many tensors alive as 100" {
            let counts = ResizeArray<int64>()
            let recipe = { Strategies.named "BYOL" with Epochs = 60<epoch> }
            let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split
            let log (metric: Metric) =
                if (metric.Step + 1) % 100 = 0 then
                    counts.Add DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            Train.run trainer Position.start log ignore ignore CancellationToken.None
            |> ignore
            Expect.equal counts.Count 3 "300 steps"
            Expect.equal counts[2] counts[0] "tensors"
        }
    ]
