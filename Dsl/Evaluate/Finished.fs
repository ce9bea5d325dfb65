namespace Vantage

open System.IO
open TorchSharp
open Vantage.Kernels

/// A run's network, read from its checkpoint, beside a random one.
type Finished = {
    From: string
    Recipe: Recipe
    Data: Dataset
    /// Whether it was trained on that set.
    IsOwn: bool
    /// Of the checkpoint.
    Step: int
    Trained: Trainer
    /// The network as it was drawn, its running statistics those of training images.
    Random: Trainer
}

/// Opens runs to evaluate them.
module Finished =
    let private metadata path key =
        try
            use _ = torch.NewDisposeScope ()
            use saved = Safetensors.Read path
            match saved.Metadata.TryGetValue key with
            | true, text -> Some text
            | false, _ -> None
        with :? SafetensorsException ->
            None

    /// The recipe of a run's newest good checkpoint; read as a value, nothing is executed.
    let recipe folder =
        if not (Checkpoint.exists folder) then
            raise (
                UserException
                    $"{folder} holds no checkpoint. Give the folder of a run, for example runs/simclr-20260101-120000."
            )
        let files =
            [ Checkpoint.file folder; Checkpoint.previous folder ]
            |> List.filter File.Exists
        match files |> List.tryPick (fun path -> metadata path "recipe") with
        | None -> raise (CheckpointException $"{folder} has no good checkpoint: train the run anew.")
        | Some text ->
            try
                Read.recipe text
            with RecipeTextException why ->
                raise (
                    CheckpointException
                        $"The recipe in {Checkpoint.file folder} cannot be read: {why}. It was saved by another version; evaluate it with that one."
                )

    // What evaluation needs of a checkpoint: the learnt branch, as the data may be another set, and banks are as long as theirs.
    let private branch (trainer: Trainer) = [
        for name, tensor in trainer.Network.Weights.Parameters do
            $"weights.{name}", tensor
        for name, tensor in trainer.Network.Weights.Buffers do
            $"statistics.{name}", tensor
    ]

    /// Opens a run on its own data, or on another set whose images have as many channels.
    let load (device: torch.Device) (data: string option) folder warn =
        let recipe = recipe folder
        let spec = defaultArg data recipe.Data
        let data = Sets.load spec
        let fresh () = Train.prepare (ViewEngine.Best ()) device recipe data.Train
        let trained, random = fresh (), fresh ()
        let position =
            try
                Checkpoint.resume folder recipe (branch trained) warn
            with CheckpointException why when spec <> recipe.Data ->
                raise (
                    UserException
                        $"--data {spec}: the network in {folder}, which was trained on {recipe.Data}, does not fit images of {data.Train.Channels} channels: {why}"
                )
        Train.calibrate random
        {
            From = folder
            Recipe = recipe
            Data = data
            IsOwn = (spec = recipe.Data)
            Step = position.Step
            Trained = trained
            Random = random
        }
