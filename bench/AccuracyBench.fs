/// Seconds from the start of a process to a fixed k-NN accuracy on Fashion-MNIST, beside the same recipe in PyTorch with torchvision's views; and bfloat16
/// beside float32. Every run is a process of its own.
module Vantage.Bench.AccuracyBench

open System
open System.Diagnostics
open System.Globalization
open System.IO
open TorchSharp
open Vantage
open Vantage.Bench.Curve

/// What a measurement is made of: images, epochs, k-NN after every so many steps, seeds, and the accuracy that is waited for.
type private Size = { Train: int; Test: int; Epochs: int; Every: int; Seeds: int; Target: float }

let private full = { Train = 60_000; Test = 10_000; Epochs = 2; Every = 78; Seeds = 3; Target = 80.0 }

let private tiny = { Train = 2048; Test = 500; Epochs = 2; Every = 4; Seeds = 1; Target = 50.0 }

let private sizeOf quick = if quick then tiny else full

let private recipe size precision seed = {
    simclr with
        Precision = precision
        Epochs = LanguagePrimitives.Int32WithMeasure<epoch> size.Epochs
        Seed = seed
}

let private invariant (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)

let private unix (moment: DateTime) = (moment - DateTime.UnixEpoch).TotalSeconds

/// One run of ours, in this process, which the bench starts: a line of JSON for each measurement.
let side (quick: bool) precision seed (started: float) =
    let size = sizeOf quick
    let data = Sets.load simclr.Data
    let test =
        match data.Test with
        | Some test -> first size.Test test
        | None -> failwith $"{simclr.Data} has no test images"
    let recipe = recipe size (if precision = "float32" then float32s else bfloat16) seed
    ours
        (DateTime.UnixEpoch.AddSeconds started)
        recipe
        data
        (first size.Train data.Train)
        test
        size.Every
        (line >> printfn "%s")

// The lines of a process that gets these bytes.
let private lines (command: string list) (input: byte array) =
    let info = ProcessStartInfo (command.Head, RedirectStandardInput = true, RedirectStandardOutput = true)
    for argument in command.Tail do
        info.ArgumentList.Add argument
    use child = nonNull (Process.Start info)
    child.StandardInput.BaseStream.Write (input, 0, input.Length)
    child.StandardInput.Close ()
    let points = (child.StandardOutput.ReadToEnd ()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
    child.WaitForExit ()
    if child.ExitCode <> 0 then
        let name = command |> List.truncate 3 |> String.concat " "
        failwith $"{name} ended with {child.ExitCode}"
    points |> Array.map ofLine |> Array.toList

let private runOurs quick precision (seed: int) =
    lines [
        "dotnet"
        Reflection.Assembly.GetExecutingAssembly().Location
        "side"
        string quick
        precision
        string seed
        invariant (unix DateTime.UtcNow)
    ] [||]

// Images and labels as bytes, for the peer.
let private bytesOf (split: Split) =
    use stream = new MemoryStream ()
    for i in 0 .. split.Count - 1 do
        let image = split.Read i
        stream.Write (image.Pixels, image.Offset, image.Channels * image.Height * image.Width)
    for label in Option.get split.Labels do
        stream.WriteByte (byte label)
    stream.ToArray ()

let private runPeer quick mode input (seed: int) =
    let size = sizeOf quick
    Peer.command "simclr_pytorch.py" [
        string size.Train
        string size.Test
        string size.Epochs
        string size.Every
        string onTheWay
        string simclr.Batch
        "0.02"
        string seed
        mode
        "32,64,96"
        invariant (unix DateTime.UtcNow)
    ]
    |> Option.map (fun command -> lines command input)

let private mean (values: float list) = List.average values

let private deviation (values: float list) =
    let m = mean values
    if values.Length < 2 then
        0.0
    else
        sqrt ((values |> List.sumBy (fun v -> (v - m) ** 2.0)) / float (values.Length - 1))

let private spread values = $"{mean values:F2} ± {deviation values:F2}"

/// All runs, the seeds in turns, as a table and artifacts/bench/accuracy.png. Whether the last accuracies agree within a point.
let run quick =
    let size = sizeOf quick
    let data = Sets.load simclr.Data
    let input =
        Array.append (bytesOf (first size.Train data.Train)) (bytesOf (first size.Test data.Test.Value))
    let sides = [
        "ours, bfloat16", size.Seeds, (runOurs quick "bfloat16" >> Some)
        "ours, float32", size.Seeds, (runOurs quick "float32" >> Some)
        "PyTorch, float32", size.Seeds, runPeer quick "fp32" input
        "PyTorch, bfloat16 channels last", 1, runPeer quick "bf16cl" input // beside its default, once
    ]
    let runs =
        [
            for seed in 0 .. size.Seeds - 1 do
                for name, _, work in sides |> List.filter (fun (_, seeds, _) -> seed < seeds) do
                    match work seed with
                    | Some points ->
                        let last = List.last points
                        let until =
                            reached size.Target points
                            |> Option.map (sprintf "after %.1f s")
                            |> Option.defaultValue "never"
                        eprintfn
                            $"{name}, seed {seed}: {last.Accuracy:F2} %% after {last.Seconds:F1} s; {size.Target} %% {until}"
                        name, points
                    | None -> eprintfn $"{name}: not installed"
        ]
        |> List.groupBy fst
        |> List.map (fun (name, points) -> name, List.map snd points)
    let finals = List.map (fun points -> (List.last points).Accuracy)
    let seconds points =
        let all = points |> List.map (reached size.Target)
        if List.forall Option.isSome all then Some (List.map Option.get all) else None
    let reference = snd runs.Head
    printfn
        $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, libtorch {torch.__version__}, {DateTime.UtcNow:u}"
    printfn
        $"{size.Train} images, {size.Epochs} epochs, {size.Seeds} seeds; seconds from the start of the process, those of k-NN left out"
    printfn $"k-NN on the way by the first {onTheWay} test images, at the end by all"
    printfn
        $"| side | runs | seconds to {size.Target} %% | times ours | seconds in all | k-NN at the end, %% |"
    printfn "|---|---|---|---|---|---|"
    for name, points in runs do
        let times =
            match seconds points, seconds reference with
            | Some theirs, Some own -> $"{mean theirs / mean own:F2}"
            | _ -> "-"
        let until = seconds points |> Option.map spread |> Option.defaultValue "not by all"
        let total = points |> List.map (fun p -> (List.last p).Seconds)
        printfn
            $"| {name} | {points.Length} | {until} | {times} | {spread total} | {spread (finals points)} |"
    let panel: Chart.Panel = {
        Title = "k-NN accuracy of seed 0"
        XLabel = "seconds from the start"
        YLabel = "accuracy (%)"
        Series = [
            for name, points in runs do
                let points = Array.ofList points.Head
                name, Array.map _.Seconds points, Array.map _.Accuracy points
        ]
        LogY = false
    }
    let picture = Path.Combine (Peer.root, "artifacts", "bench", "accuracy.png")
    Directory.CreateDirectory (nonNull (Path.GetDirectoryName picture)) |> ignore
    File.WriteAllBytes (picture, Chart.curves "SimCLR on Fashion-MNIST" [ panel ])
    printfn $"written to {Path.GetRelativePath (Environment.CurrentDirectory, picture)}"
    runs
    |> List.forall (fun (_, points) -> abs (mean (finals points) - mean (finals reference)) <= 1.0)
