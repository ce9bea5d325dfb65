/// k-NN accuracy over the seconds of a training, of ours and of a peer.
module Vantage.Bench.Curve

open System
open System.Diagnostics
open System.Globalization
open System.Text.Json
open System.Threading
open TorchSharp
open Vantage
open Vantage.Kernels

/// Seconds since the process was started, without those spent in measuring, and accuracy in percent.
type Point = { Seconds: float; Accuracy: float }

/// The views, network and batch of Recipes/simclr.fsx.
let simclr = {
    Name = "simclr"
    Source = arxiv "2002.05709" "equation 1, appendix B.9"
    Data = "fashion-mnist"
    OnCorrupt = stop
    Views =
        globals
            2
            (augment [
                crop 28<px> (between 0.2 1.0)
                flip
                colorDistortion 1.0
                standardize [ 0.5 ] [ 0.25 ]
            ])
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 3<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1 ]
}

/// So many images of a split, from the first.
let first count (split: Split) = {
    split with
        Count = min count split.Count
        Labels = split.Labels |> Option.map (Array.truncate count)
}

let private labels (split: Split) =
    match split.Labels with
    | Some labels -> labels
    | None -> failwith "the set has no labels: k-NN needs them; use fashion-mnist"

/// Test images that k-NN is asked for on the way; at the end it is asked for all.
let onTheWay = 2000

/// Trains in this process; k-NN after every so many steps, at the end of each epoch and at the end.
let ours (started: DateTime) (recipe: Recipe) (data: Dataset) (train: Split) (test: Split) every report =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe train
    let measuring = Stopwatch ()
    let measure (at: Position) =
        let test = if at.Step < trainer.Total then first onTheWay test else test
        let seconds = (DateTime.UtcNow - started).TotalSeconds - measuring.Elapsed.TotalSeconds
        measuring.Start ()
        let encode = Train.encoder trainer
        use bank = Probe.features trainer.Viewer train encode torch.CPU
        use queries = Probe.features trainer.Viewer test encode torch.CPU
        let features = {
            Train = bank
            TrainLabels = labels train
            Test = queries
            TestLabels = labels test
            Classes = data.Classes.Length
        }
        let accuracy = Probe.knn 200 0.1 features
        trainer.Network.Training <- true
        measuring.Stop ()
        report { Seconds = seconds; Accuracy = accuracy }
    Train.runSaving (Some every) trainer Position.start ignore measure ignore CancellationToken.None
    |> ignore

/// A point as a line of JSON, as bench/peers/simclr_pytorch.py writes it.
let line point =
    let number (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)
    $"{{\"seconds\": {number point.Seconds}, \"accuracy\": {number point.Accuracy}}}"

/// The point of a line.
let ofLine (text: string) =
    let json = JsonDocument.Parse(text).RootElement
    {
        Seconds = json.GetProperty("seconds").GetDouble()
        Accuracy = json.GetProperty("accuracy").GetDouble()
    }

/// When the accuracy was reached first: between two measurements on the line that joins them. None where it was not.
let reached target points =
    match points with
    | first :: _ when first.Accuracy >= target -> Some first.Seconds
    | _ ->
        List.pairwise points
        |> List.tryFind (fun (_, after) -> after.Accuracy >= target)
        |> Option.map (fun (before, after) ->
            let share = (target - before.Accuracy) / (after.Accuracy - before.Accuracy)
            before.Seconds + share * (after.Seconds - before.Seconds))
