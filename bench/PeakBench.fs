/// The peak memory of whole runs, each in a process of its own, beside what `explain` states beforehand.
module Vantage.Bench.PeakBench

open System
open System.Diagnostics
open System.Globalization
open System.IO
open TorchSharp
open Vantage
open Vantage.Bench.Row

let private view =
    augment [ crop 32<px> (between 0.2 1.0); flip; standardize [ 0.5; 0.5; 0.5 ] [ 0.25; 0.25; 0.25 ] ]

let private recipe encoder batch = {
    Name = "peak"
    Source = arxiv "2002.05709" "this benchmark alone"
    Data = "cifar:images"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = encoder
    Projector = head [ linear 128; relu; linear 64 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = constant 1e-4; Decay = 1e-4 }
    Precision = float32s
    Batch = batch
    Epochs = 1<epoch>
    Seed = 1UL
    Evaluate = [ knn 5 0.1 ]
}

let private vitTiny32 = vitTiny 32<px> 4<px>

let private accumulated pieces (recipe: Recipe) = {
    recipe with
        Optimizer = { recipe.Optimizer with Rule = Rule.Accumulated (pieces, recipe.Optimizer.Rule) }
}

let private cases = [
    "compactResNet [ 4 ] 1, batch 2", recipe (compactResNet [ 4 ] 1) 2
    "resnetSmall 18, batch 64", recipe (resnetSmall 18) 64
    "resnetSmall 18, batch 256", recipe (resnetSmall 18) 256
    "vitTiny 32<px> 4<px>, batch 64", recipe vitTiny32 64
    "vitTiny 32<px> 4<px>, batch 256", recipe vitTiny32 256
    "resnetSmall 18, batch 256 in 4 pieces, cached",
    { recipe (resnetSmall 18) 256 with Passes = inPieces 4 together }
    "resnetSmall 18, batch 256 in 4 pieces, accumulated", accumulated 4 (recipe (resnetSmall 18) 256)
]

// 512 training images and 64 to test on, of chance, in the form of CIFAR-10.
let private write folder =
    let chance = Random 1
    let file name count =
        [|
            for i in 0 .. count - 1 do
                let record = Array.zeroCreate<byte>(1 + 3 * 32 * 32)
                chance.NextBytes record
                record[0] <- byte (i % 10)
                record
        |]
        |> Array.concat
        |> fun bytes -> File.WriteAllBytes (Path.Combine (folder, name + ".bin"), bytes)
    for k, count in [ 1, 128; 2, 128; 3, 128; 4, 64; 5, 64 ] do
        file $"data_batch_{k}" count
    file "test_batch" 64

/// The peak of this process after a whole run of a case, by its number, in MiB: training, checkpoints, evaluation, report.
let peak number =
    let folder = Directory.CreateTempSubdirectory "peak"
    try
        let images = folder.CreateSubdirectory "images"
        write images.FullName
        let settings = { Run.settings with Folder = Some (Path.Combine (folder.FullName, "run")) }
        Run.train settings { snd cases[number] with Data = $"cifar:{images.FullName}" }
        |> ignore
        MemoryBench.status "VmHWM"
    finally
        folder.Delete true

let private fresh number =
    let info = ProcessStartInfo ("dotnet", RedirectStandardOutput = true)
    for argument in [ Reflection.Assembly.GetExecutingAssembly().Location; "peak-of-run"; string number ] do
        info.ArgumentList.Add argument
    info.Environment.Remove "DOTNET_GCgen0size" |> ignore
    use child = nonNull (Process.Start info)
    let text = child.StandardOutput.ReadToEnd ()
    child.WaitForExit ()
    if child.ExitCode <> 0 then
        failwith $"the run of {fst cases[number]} ended with {child.ExitCode}"
    let last = text.Split ('\n', StringSplitOptions.RemoveEmptyEntries) |> Array.last
    Double.Parse (last, CultureInfo.InvariantCulture)

/// All cases; equal where what is stated lies within 25 % of what is measured.
let run quick = [
    for number, (name, recipe) in List.indexed cases do
        if not (quick && number > 4) then
            let shape = { Images = 512; Channels = 3; Height = 32<px>; Width = 32<px> }
            let stated = Explain.footprint recipe shape
            printfn $"{name}: {Footprint.words stated}"
            let measured, stated = fresh number, float stated.Peak / 1048576.0
            {
                Case = $"peak of a run: {name}"
                Unit = "MiB"
                Ours = measured
                Peer = Some stated
                PeerName = "stated by explain"
                Equal = abs (stated / measured - 1.0) <= 0.25
                Bytes = 0.0
                Operations = 0.0
            }
]
