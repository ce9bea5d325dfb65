namespace Vantage

open System
open System.Diagnostics
open System.Threading
open TorchSharp
open Vantage.Kernels

/// How training ended.
[<RequireQualifiedAccess>]
type Ending =
    | Finished
    | Stopped of step: int

/// The loop: views, a step, what it logs and saves.
module Train =
    let private optimizer (recipe: Recipe) (weights: Weights) : Optim.Optimizer =
        let parameters =
            weights.Parameters
            |> List.map (fun (name, tensor) -> struct (name, tensor))
            |> List.toArray
        let decay = recipe.Optimizer.Decay
        let rec make (clip: Nullable<float>) rule : Optim.Optimizer =
            match rule with
            | Rule.Sgd momentum -> new Optim.Sgd (parameters, momentum, decay, Clip = clip)
            | Rule.Lars momentum -> new Optim.Lars (parameters, momentum, decay, Clip = clip)
            | Rule.AdamW -> new Optim.AdamW (parameters, decay, Clip = clip)
            | Rule.Adam (first, second) -> new Optim.AdamW (parameters, decay, first, second, Clip = clip)
            | Rule.Lamb -> new Optim.Lamb (parameters, decay, Clip = clip)
            | Rule.Clipped (length, inner) ->
                make (Nullable (if clip.HasValue then min length clip.Value else length)) inner
            | Rule.Accumulated (_, inner) -> make clip inner
        make (Nullable ()) recipe.Optimizer.Rule

    let private onlineRate =
        function
        | Protocol.Online rate -> Some rate
        | _ -> None

    /// Networks and optimiser at step 0 for the images of a split.
    let prepare engine device (recipe: Recipe) (split: Split) =
        let network = Network.ofRecipe device split.Channels recipe
        let perEpoch = split.Count / recipe.Batch
        {
            Recipe = recipe
            Split = split
            Viewer = Views.viewer engine split.Channels split.Height split.Width recipe
            Network = network
            Criterion =
                Criterion (
                    recipe.Objective,
                    recipe.Avoid,
                    network.Embedding,
                    network.Online.Towers.Length,
                    (Recipe.globals recipe).Length * network.Online.Towers.Length,
                    split.Count,
                    device,
                    recipe.Seed,
                    torch.float32
                )
            Teachers = [
                for run in Objective.teachers recipe.Objective ->
                    run, TrainedRun.teacher device network.Channels recipe.Precision run
            ]
            Optimizer = optimizer recipe network.Weights
            Total = perEpoch * int recipe.Epochs
            PerEpoch = perEpoch
            Clock = Clock ()
            Online =
                match recipe.Evaluate |> List.tryPick onlineRate, split.Labels with
                | Some rate, Some labels when labels.Length > 0 ->
                    Some (OnlineProbe (network.Width, 1 + Array.max labels, rate, device))
                | _ -> None
            Tested = None
        }

    /// The share of the test images whose label the classifier beside the run tells now; the network and the classifier stay as they are. None where there is no such classifier, or no labelled
    /// test image.
    let onlineTest trainer =
        match trainer.Online, trainer.Tested with
        | Some probe, Some ({ Labels = Some labels } as split) ->
            use _ = torch.NewDisposeScope ()
            let network = trainer.Network
            let device = network.Weights.Device
            network.Training <- false
            try
                let features = Probe.features trainer.Viewer split network.Encode device
                let labels = torch.tensor (Array.map int64 labels)
                Some (probe.Right (features.``to`` device, labels.``to`` device))
            finally
                network.Training <- true
        | _ -> None

    /// All tensors that a checkpoint holds, by name.
    let state trainer = [
        for name, tensor in trainer.Network.Weights.Parameters do
            $"weights.{name}", tensor
        for name, tensor in trainer.Network.Weights.Buffers do
            $"statistics.{name}", tensor
        match trainer.Network.Target with
        | Some target ->
            for name, tensor in target.Weights.Parameters do
                $"target.{name}", tensor
            for name, tensor in target.Weights.Buffers do
                $"target-statistics.{name}", tensor
        | None -> ()
        for name, tensor in trainer.Criterion.State do
            $"criterion.{name}", tensor
        for struct (name, tensor) in trainer.Optimizer.State do
            $"optimizer.{name}", tensor
        match trainer.Online with
        | Some probe ->
            for name, tensor in probe.State do
                $"online.{name}", tensor
        | None -> ()
    ]

    // One step. `look` sees the embeddings of two views before they die.
    let private step trainer (batch: Batch) look =
        use _ = torch.NewDisposeScope ()
        let value, embeddings, branches, remember = Trainer.gradients trainer batch
        let online =
            trainer.Online
            |> Option.map (fun probe ->
                let labels = trainer.Split.Labels.Value
                let own = batch.Indices |> Array.map (fun i -> int64 labels[i])
                probe.Step (
                    Trainer.look trainer batch,
                    torch.tensor(own).``to`` trainer.Network.Weights.Device
                ))
        let rate = Trainer.advance trainer batch remember
        let a = embeddings.Head.detach ()
        let b =
            match embeddings with
            | _ :: second :: _ when second.shape = a.shape -> second.detach ()
            | _ -> (List.last branches.Targets).detach()
        look value rate online a b

    // One look at every image, so that there is something to label them by.
    let private lookOver trainer warn (stop: CancellationToken) =
        use loader = new Loader (trainer.Viewer, trainer.Split, trainer.Recipe, 0, trainer.PerEpoch, warn)
        for _ in 1 .. trainer.PerEpoch do
            if not stop.IsCancellationRequested then
                use _ = torch.NewDisposeScope ()
                let batch = loader.Next ()
                Trainer.note trainer batch
                loader.Return batch
                Scope.settle ()

    /// Trains from a position on until the end or until `stop` says so. `log` gets a metric about every 2 % of an epoch;
    /// `save` is called after each epoch, after every so many steps where it is said how many, and when stopped.
    let runSaving
        (often: int option)
        trainer
        (from: Position)
        (log: Metric -> unit)
        (save: Position -> unit)
        warn
        (stop: CancellationToken)
        =
        let recipe = trainer.Recipe
        use loader = new Loader (trainer.Viewer, trainer.Split, recipe, from.Step, trainer.Total, warn)
        let temperature = Objective.temperature recipe.Objective
        let every = max 1 (trainer.PerEpoch / 50)
        let clock = Stopwatch.StartNew ()
        let seconds () = from.Seconds + clock.Elapsed.TotalSeconds
        trainer.Clock.Reset ()
        let spent () = Spent.add from.Spent { trainer.Clock.Spent with Waited = loader.Waited }
        let position at = { Step = at; Seconds = seconds (); Spent = spent () }
        let isSaved at =
            at % trainer.PerEpoch = 0
            || often |> Option.exists (fun steps -> at % steps = 0)
        let mutable lap = 0.0, from.Step
        let measure (batch: Batch) value rate online (a: torch.Tensor) (b: torch.Tensor) =
            let isEnd = (batch.Step + 1) % trainer.PerEpoch = 0
            let onTest = if isEnd then onlineTest trainer else None
            if batch.Step % every = 0 || batch.Step = trainer.Total - 1 || onTest.IsSome then
                let z = torch.cat ([| a; b |], 0L)
                let struct (accuracy, entropy) = Torch.NtXent.Monitor (a, b, temperature, true)
                let before, steps = lap
                let now = clock.Elapsed.TotalSeconds
                let shares = Spent.shares (seconds ()) (spent ())
                lap <- now, batch.Step + 1
                log {
                    Step = batch.Step
                    Epoch = float (batch.Step + 1) / float trainer.PerEpoch
                    Loss = value
                    Rate = rate
                    Accuracy = accuracy
                    Entropy = entropy
                    Spread = Gauges.spread z
                    Rank = Gauges.rankMe z
                    Alignment = Gauges.alignment a b
                    Uniformity = Gauges.uniformity z
                    Online = online
                    OnlineTest = onTest
                    ImagesPerSecond =
                        float ((batch.Step + 1 - steps) * recipe.Batch) / max 1e-9 (now - before)
                    WaitShare = shares.Waited
                    ForwardShare = shares.Forward
                    LossShare = shares.Loss
                    BackwardShare = shares.Backward
                    UpdateShare = shares.Updated
                    Seconds = seconds ()
                }
        trainer.Network.Training <- true
        if from.Step = 0 then
            TrainedRun.start recipe trainer.Network
            if trainer.Criterion.Labels then
                lookOver trainer warn stop
        let rec go at =
            if at = trainer.Total then
                save (position at)
                Ending.Finished, position at, loader.Skipped
            elif stop.IsCancellationRequested then
                save (position at)
                Ending.Stopped at, position at, loader.Skipped
            else
                let batch = loader.Next ()
                step trainer batch (measure batch)
                loader.Return batch
                Scope.settle ()
                if isSaved (at + 1) && at + 1 < trainer.Total then
                    save (position (at + 1))
                go (at + 1)
        go from.Step

    /// Trains, saving after each epoch and when stopped.
    let run trainer from log save warn stop = runSaving None trainer from log save warn stop

    /// The encoder in evaluation mode.
    let encoder trainer =
        trainer.Network.Training <- false
        trainer.Network.Encode

    /// Sets batch-norm statistics of an untrained network from training images (8 batches of 500 at most), so that the
    /// random baseline is as good as it can be.
    let calibrate trainer =
        let split = trainer.Split
        let size = min 500 split.Count
        trainer.Network.Training <- true
        use _ = torch.no_grad ()
        for k in 0 .. min 8 (split.Count / size) - 1 do
            use _ = torch.NewDisposeScope ()
            let batch = Array.init size (fun i -> split.Read (k * size + i))
            let plain = Views.plainShape trainer.Viewer split
            let values = Array.zeroCreate<float32>(size * plain.Length)
            Views.plain trainer.Viewer plain batch 1 values
            let x =
                torch
                    .tensor(values)
                    .reshape(int64 size, int64 plain.Channels, int64 plain.Height, int64 plain.Width)
            trainer.Network.Encode (x.``to`` trainer.Network.Weights.Device) |> ignore
