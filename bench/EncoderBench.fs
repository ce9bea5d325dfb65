/// Small encoders for 28 px: images a second of a training step, the arithmetic reached, and k-NN accuracy over the seconds of SimCLR on Fashion-MNIST.
module Vantage.Bench.EncoderBench

open System
open System.Diagnostics
open System.IO
open TorchSharp
open Vantage
open Vantage.Bench.Curve

/// The naive one first.
let private encoders = [
    compactResNet [ 32; 64; 96 ] 1
    laptopResNet [ 64; 128 ] 1
    laptopResNet [ 96; 192 ] 1
    laptopResNet [ 128; 256 ] 1
]

/// Multiply-adds of one image through the encoder.
let private macs (recipe: Recipe) =
    let network = Network.ofRecipe torch.CPU 1 recipe
    let trace = ResizeArray<LayerTrace>()
    network.Weights.Trace <- Some trace
    use _ = torch.NewDisposeScope ()
    use _ = torch.no_grad ()
    network.Training <- false
    network.Encode (torch.zeros (1L, 1L, 28L, 28L)) |> ignore
    trace |> Seq.sumBy _.Macs

// Images a second, both views forward and backward through the encoder.
let private rate seconds (recipe: Recipe) =
    let network = Network.ofRecipe torch.CPU 1 recipe
    network.Training <- true
    use images = torch.randn (512L, 1L, 28L, 28L)
    let parameters = [| for name, tensor in network.Weights.Parameters -> struct (name, tensor) |]
    let optimizer = new Vantage.Kernels.Optim.Sgd (parameters, 0.9, 0.0)
    let step () =
        use _ = torch.NewDisposeScope ()
        Scope.backward (network.Encode(images).square().mean())
        optimizer.ZeroGrad ()
    for _ in 1..3 do
        step ()
    let clock = Stopwatch.StartNew ()
    let mutable steps = 0
    while clock.Elapsed.TotalSeconds < seconds do
        step ()
        steps <- steps + 1
        Scope.settle ()
    512.0 * float steps / clock.Elapsed.TotalSeconds

/// A table, and artifacts/bench/encoders.png.
let run quick =
    Vantage.Kernels.Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let train, test, epochs, every, seeds = if quick then 2048, 500, 1, 4, 1 else 60_000, 10_000, 2, 78, 2
    let data = Sets.load simclr.Data
    let trainSplit = first train data.Train
    let testSplit = first test (Option.get data.Test)
    let rows = [
        for encoder in encoders do
            let recipe seed = {
                simclr with
                    Encoder = encoder
                    Epochs = LanguagePrimitives.Int32WithMeasure<epoch> epochs
                    Seed = seed
            }
            let macs = macs (recipe 0UL)
            let rate = rate (if quick then 0.5 else 5.0) (recipe 0UL)
            let curves = [
                for seed in 0 .. seeds - 1 do
                    let points = ResizeArray<Point>()
                    ours DateTime.UtcNow (recipe (uint64 seed)) data trainSplit testSplit every points.Add
                    List.ofSeq points
            ]
            let last = curves |> List.map List.last
            eprintfn $"{Print.encoder encoder}: {(List.last curves.Head).Accuracy:F2} %%"
            encoder, macs, rate, curves, last
    ]
    printfn
        $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, libtorch {torch.__version__}, {DateTime.UtcNow:u}"
    printfn $"SimCLR, {train} images, {epochs} epochs, {seeds} seeds, bfloat16"
    printfn
        "| encoder | million multiply-adds | images/s, forward and backward | GFLOP/s | seconds of training | k-NN at the end, %% |"
    printfn "|---|---|---|---|---|---|"
    for encoder, macs, rate, _, last in rows do
        let flops = 6.0 * float macs * rate / 1e9
        let seconds = last |> List.averageBy _.Seconds
        let accuracy = last |> List.averageBy _.Accuracy
        printfn
            $"| `{Print.encoder encoder}` | {float macs / 1e6:F1} | {rate:N0} | {flops:F0} | {seconds:F1} | {accuracy:F2} |"
    let panel: Chart.Panel = {
        Title = "k-NN accuracy, the mean of all seeds"
        XLabel = "seconds of training"
        YLabel = "accuracy (%)"
        Series = [
            for encoder, _, _, curves, _ in rows do
                let at pick = [|
                    for k in 0 .. curves.Head.Length - 1 ->
                        curves |> List.averageBy (fun points -> pick (List.item k points))
                |]
                Print.encoder(encoder).Replace("Encoder.", ""), at _.Seconds, at _.Accuracy
        ]
        LogY = false
    }
    let picture = Path.Combine (Peer.root, "artifacts", "bench", "encoders.png")
    Directory.CreateDirectory (nonNull (Path.GetDirectoryName picture)) |> ignore
    File.WriteAllBytes (picture, Chart.curves "Encoders for 28 px: SimCLR on Fashion-MNIST" [ panel ])
    printfn $"written to {Path.GetRelativePath (Environment.CurrentDirectory, picture)}"
