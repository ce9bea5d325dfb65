/// BenchmarkDotNet's figures: every operation alone and whole views, on one core, with what they allocate. They have no peer beside them; `operations` and
/// `augment` do.
module Vantage.Bench.MicroBench

open System
open System.IO
open BenchmarkDotNet.Attributes
open BenchmarkDotNet.Columns
open BenchmarkDotNet.Configs
open BenchmarkDotNet.Diagnosers
open BenchmarkDotNet.Exporters
open BenchmarkDotNet.Exporters.Json
open BenchmarkDotNet.Jobs
open BenchmarkDotNet.Loggers
open BenchmarkDotNet.Running
open BenchmarkDotNet.Toolchains.InProcess.Emit
open Vantage.Kernels

/// One operation on one image of 224 x 224 px in colour, from bytes to standardized float32, by the widest tier.
type Operations() =
    let side = OperationBench.side
    let pixels = Array.zeroCreate<byte>(3 * side * side)
    let shape = ViewShape (3, side, side, Array.create 3 0.0f, Array.create 3 0.25f)
    let views = Array.zeroCreate<float32> shape.Length
    let engine = ViewEngine.Best ()
    let mutable images = [||]
    let mutable steps = [||]

    /// Names as in the bench of operations.
    member _.Names = OperationBench.cases |> List.map (fun (name, _, _) -> name)

    /// What is measured.
    [<ParamsSource("Names")>]
    member val Operation = "" with get, set

    /// Noise as pixels, and the operation's step.
    [<GlobalSetup>]
    member this.Prepare() =
        Random(4).NextBytes pixels
        images <- [| Image (pixels, 0, 3, side, side) |]
        steps <- [|
            for name, _, step in OperationBench.cases do
                if name = this.Operation then
                    step
        |]

    /// One view.
    [<Benchmark>]
    member _.View() =
        engine.Render (
            ReadOnlyMemory<Image> images,
            ReadOnlyMemory<Step> steps,
            1,
            shape,
            Memory<float32> views,
            1
        )

/// Whole views, a batch at a time, the drawing of their random numbers included.
type Views() =
    let mutable work = AugmentBench.work AugmentBench.kinds.Head 1
    let mutable views = [||]
    let mutable images = 0
    let mutable epoch = 0
    let engine = ViewEngine.Best ()

    /// Names as in the bench of views.
    member _.Names = AugmentBench.kinds |> List.map _.Name

    /// What is measured.
    [<ParamsSource("Names")>]
    member val Kind = "" with get, set

    /// Images and buffers.
    [<GlobalSetup>]
    member this.Prepare() =
        let kind = AugmentBench.kinds |> List.find (fun k -> k.Name = this.Kind)
        work <- AugmentBench.work kind 1
        images <- kind.Images
        views <- Array.zeroCreate<float32>(images * work.Shape.Length)

    /// One batch: 1024 small views, or 64 large ones.
    [<Benchmark>]
    member _.Batch() =
        epoch <- epoch + 1
        work.Draw epoch
        work.Render engine work.Shape images views

/// Runs both in this process, for the shared output folder holds natives that a generated project would copy, and writes tables to artifacts/bench/micro.
let run quick =
    let job = (if quick then Job.Dry else Job.ShortRun).WithToolchain InProcessEmitToolchain.Instance
    let config =
        ManualConfig
            .CreateEmpty()
            .AddJob(job)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub, JsonExporter.Brief)
            .WithSummaryStyle(BenchmarkDotNet.Reports.SummaryStyle.Default.WithMaxParameterColumnWidth 60)
            .WithArtifactsPath(Path.Combine (Peer.root, "artifacts", "bench", "micro"))
            .WithOptions
            ConfigOptions.DisableOptimizationsValidator
    for summary in BenchmarkRunner.Run ([| typeof<Operations>; typeof<Views> |], config) do
        if
            summary.HasCriticalValidationErrors
            || summary.Reports |> Seq.exists (fun r -> not r.Success)
        then
            failwith $"{summary.Title}: a benchmark did not run; its log says why"
