namespace Vantage

open System
open System.Diagnostics
open System.Threading
open TorchSharp
open Vantage.Kernels

/// The loss stopped being a number.
exception NotFinite of step: int * epoch: int * rate: float with
    override this.Message =
        $"The loss is not finite at step {this.step} (epoch {this.epoch}, learning rate {this.rate:G4}). Lower the rate, or lengthen the warm-up; the last checkpoint is from before it."

/// Everything that a run of a recipe needs while it trains.
type Trainer = {
    Recipe: Recipe
    Split: Split
    Viewer: Viewer
    Network: Network
    Optimizer: Optim.Optimizer
    Total: int
    PerEpoch: int
}

/// How training ended.
[<RequireQualifiedAccess>]
type Ending =
    | Finished
    | Stopped of step: int

/// The loop: views, forward, backward, step.
module Train =
    let private optimizer (recipe: Recipe) (weights: Weights) : Optim.Optimizer =
        let parameters =
            weights.Parameters
            |> List.map (fun (name, tensor) -> struct (name, tensor))
            |> List.toArray
        let decay = recipe.Optimizer.Decay
        match recipe.Optimizer.Rule with
        | Rule.Sgd momentum -> new Optim.Sgd (parameters, momentum, decay)
        | Rule.Lars momentum -> new Optim.Lars (parameters, momentum, decay)
        | Rule.AdamW -> new Optim.AdamW (parameters, decay)

    /// Networks and optimiser at step 0 for the images of a split.
    let prepare engine device (recipe: Recipe) (split: Split) =
        let network = Network.ofRecipe device split.Channels recipe
        let perEpoch = split.Count / recipe.Batch
        {
            Recipe = recipe
            Split = split
            Viewer = Views.viewer engine split.Channels split.Height split.Width recipe
            Network = network
            Optimizer = optimizer recipe network.Weights
            Total = perEpoch * int recipe.Epochs
            PerEpoch = perEpoch
        }

    /// All tensors that a checkpoint holds, by name.
    let state trainer = [
        for name, tensor in trainer.Network.Weights.Parameters do
            $"weights.{name}", tensor
        for name, tensor in trainer.Network.Weights.Buffers do
            $"statistics.{name}", tensor
        for struct (name, tensor) in trainer.Optimizer.State do
            $"optimizer.{name}", tensor
    ]

    /// The recipe's loss of two views' embeddings, n x d each.
    let loss (recipe: Recipe) (a: torch.Tensor) (b: torch.Tensor) =
        let has mechanism = List.contains mechanism recipe.Avoid
        let weight mechanism value = if has mechanism then value else 0.0
        let repels = has (Mechanism.Repel Negatives.InBatch)
        match recipe.Objective with
        | Objective.NtXent t when repels -> Torch.NtXent.Loss (a, b, t, true)
        | Objective.Decoupled t when repels -> Torch.Decoupled.Loss (a, b, t, true)
        | Objective.NtLogistic t when repels -> Torch.NtLogistic.Loss (a, b, t, true)
        | Objective.MarginTriplet margin when repels -> Torch.MarginTriplet.Loss (a, b, margin, true)
        | Objective.NtXent t
        | Objective.Decoupled t
        | Objective.NtLogistic t -> Torch.Alignment.Loss (a, b, t, true)
        | Objective.MarginTriplet _ -> Torch.Alignment.Loss (a, b, 1.0, true)
        | Objective.BarlowTwins lambda -> Torch.BarlowTwins.Loss (a, b, weight Mechanism.Decorrelate lambda)
        | Objective.VicReg (i, v, c) ->
            Torch.VicReg.Loss (a, b, i, weight Mechanism.KeepVariance v, weight Mechanism.Decorrelate c)
        | Objective.Hypersphere (t, w) -> Torch.Hypersphere.Loss (a, b, t, weight Mechanism.MatchPrior w)

    let private images trainer (values: float32 array) =
        let shape = trainer.Viewer.Shape
        let count = values.Length / shape.Length
        torch
            .tensor(values)
            .reshape(int64 count, int64 shape.Channels, int64 shape.Height, int64 shape.Width)
            .``to``
            trainer.Network.Weights.Device

    // One step. `look` sees the embeddings of both views before they die.
    let private step trainer (batch: Batch) look =
        use _ = torch.NewDisposeScope ()
        let rate = Schedule.at trainer.PerEpoch trainer.Total batch.Step trainer.Recipe.Optimizer.Rate
        let z = images trainer batch.Values |> trainer.Network.Encode |> trainer.Network.Project
        let n = int64 trainer.Recipe.Batch
        let a, b = z.slice (0L, 0L, n, 1L), z.slice (0L, n, 2L * n, 1L)
        let loss = loss trainer.Recipe a b
        let value = float (loss.item<float32>())
        if not (Double.IsFinite value) then
            raise (NotFinite (batch.Step, batch.Epoch, rate))
        trainer.Optimizer.ZeroGrad ()
        loss.backward ()
        trainer.Optimizer.Step rate
        look value rate (a.detach ()) (b.detach ())

    /// Trains from a position on until the end or until `stop` says so. `log` gets a metric about every 2 % of an epoch;
    /// `save` is called after each epoch and when stopped.
    let run
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
        let position at = { Step = at; Seconds = seconds (); Waited = from.Waited + loader.Waited }
        let mutable lap = 0.0, from.Step
        let measure (batch: Batch) value rate (a: torch.Tensor) (b: torch.Tensor) =
            if batch.Step % every = 0 || batch.Step = trainer.Total - 1 then
                let z = torch.cat ([| a; b |], 0L)
                let struct (accuracy, entropy) = Torch.NtXent.Monitor (a, b, temperature, true)
                let before, steps = lap
                let now = clock.Elapsed.TotalSeconds
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
                    ImagesPerSecond =
                        float ((batch.Step + 1 - steps) * recipe.Batch) / max 1e-9 (now - before)
                    WaitShare = (from.Waited + loader.Waited) / seconds ()
                    Seconds = seconds ()
                }
        trainer.Network.Weights.Training <- true
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
                if (at + 1) % trainer.PerEpoch = 0 && at + 1 < trainer.Total then
                    save (position (at + 1))
                go (at + 1)
        go from.Step

    /// The encoder in evaluation mode.
    let encoder trainer =
        trainer.Network.Weights.Training <- false
        trainer.Network.Encode

    /// Sets batch-norm statistics of an untrained network from training images (8 batches of 500 at most), so that the
    /// random baseline is as good as it can be.
    let calibrate trainer =
        let shape = trainer.Viewer.Shape
        let split = trainer.Split
        let size = min 500 split.Count
        trainer.Network.Weights.Training <- true
        use _ = torch.no_grad ()
        for k in 0 .. min 8 (split.Count / size) - 1 do
            use _ = torch.NewDisposeScope ()
            let batch = Array.init size (fun i -> split.Read (k * size + i))
            let plain = ViewShape (split.Channels, split.Height, split.Width, shape.Mean, shape.Deviation)
            let values = Array.zeroCreate<float32>(size * plain.Length)
            Views.plain trainer.Viewer.Engine plain batch 1 values
            let x =
                torch
                    .tensor(values)
                    .reshape(int64 size, int64 plain.Channels, int64 plain.Height, int64 plain.Width)
            trainer.Network.Encode (x.``to`` trainer.Network.Weights.Device) |> ignore
