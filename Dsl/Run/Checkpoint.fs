namespace Vantage

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open TorchSharp
open Vantage.Kernels

/// What is wrong with a checkpoint, and where.
exception CheckpointException of string with
    override this.Message = this.Data0

/// Where a run stands. Its weights, statistics and optimiser state are tensors by name.
type Position = { Step: int; Seconds: float; Spent: Spent }

/// Positions of runs.
module Position =
    /// Before the first step.
    let start = { Step = 0; Seconds = 0.0; Spent = Spent.zero }

/// Saved runs: one safetensors file, sealed by a checksum, whose metadata is the manifest: the recipe's text and fingerprint, seed, position, versions.
/// A checkpoint appears whole or not at all: it is written beside the last one, flushed to disk, renamed, and the folder is flushed. Nothing in it is
/// ever executed.
module Checkpoint =
    /// The file of the newest checkpoint in a run's folder.
    let file folder = Path.Combine (folder, "checkpoint.safetensors")

    /// The file of the one before.
    let previous folder = Path.Combine (folder, "checkpoint.previous.safetensors")

    /// The file under which a checkpoint is written; one that stays was not finished, and is never read.
    let unfinished folder = Path.Combine (folder, "checkpoint.new.safetensors")

    /// Whether a folder holds a run.
    let exists folder = File.Exists (file folder) || File.Exists (previous folder)

    let private whole (x: int) = x.ToString CultureInfo.InvariantCulture
    let private real (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)

    let private version (assembly: Reflection.Assembly) =
        match assembly.GetName().Version with
        | null -> "unknown"
        | version -> version.ToString 3

    let private manifest (recipe: Recipe) position = [
        "format", "vantage-2"
        "recipe", Print.recipe recipe
        "fingerprint", Print.fingerprint recipe
        "seed", recipe.Seed.ToString CultureInfo.InvariantCulture
        "step", whole position.Step
        "seconds", real position.Seconds
        "seconds.waited", real position.Spent.Waited
        "seconds.forward", real position.Spent.Forward
        "seconds.loss", real position.Spent.Loss
        "seconds.backward", real position.Spent.Backward
        "seconds.updated", real position.Spent.Updated
        "version.vantage", version typeof<Position>.Assembly
        "version.torchsharp", version typeof<torch.Tensor>.Assembly
        "version.libtorch", torch.__version__
        "version.dotnet", Environment.Version.ToString 3
    ]

    /// Saves tensors by name; the last good checkpoint stays as `checkpoint.previous.safetensors`. Raises CheckpointException, with everything that was
    /// there still there, where the folder cannot be written or the disk is full.
    let save folder recipe position (tensors: (string * torch.Tensor) list) =
        let fresh = unfinished folder
        try
            Safetensors.Write (
                fresh,
                tensors |> List.map (fun (name, tensor) -> struct (name, tensor)),
                Dictionary<string, string>(dict (manifest recipe position))
            )
            if File.Exists (file folder) then
                File.Move (file folder, previous folder, true)
            File.Move (fresh, file folder, true)
            Durable.flushFolder folder
        with
        | :? UnauthorizedAccessException
        | :? IOException as e ->
            try
                File.Delete fresh
            with
            | :? UnauthorizedAccessException
            | :? IOException -> () // the folder is closed to us: the first error says so
            let kept =
                if exists folder then
                    "The checkpoint before it is untouched: make room or let the folder be written, then go on with"
                else
                    "There was none before it. Make room or let the folder be written, then start anew, not with"
            raise (
                CheckpointException
                    $"The checkpoint of step {position.Step} could not be saved: {e.Message} {kept} --resume {folder}"
            )

    /// Lines that stand in one text only, for people: "- old" and "+ new".
    let private difference (saved: string) (now: string) =
        let a, b = saved.Split '\n', now.Split '\n'
        [|
            yield! a |> Array.except b |> Array.map (fun line -> "- " + line.Trim ())
            yield! b |> Array.except a |> Array.map (fun line -> "+ " + line.Trim ())
        |]
        |> String.concat "\n"

    let private load path recipe (into: (string * torch.Tensor) list) =
        use saved = Safetensors.Read path
        let metadata = saved.Metadata
        let value key =
            match metadata.TryGetValue key with
            | true, text -> text
            | false, _ ->
                raise (
                    CheckpointException
                        $"{path} has no '{key}' in its metadata: it is not a Vantage checkpoint."
                )
        if not (metadata.ContainsKey Safetensors.Seal) then
            raise (
                SafetensorsException (path, 8L, "the file has no checksum: it is damaged, or no checkpoint")
            )
        if value "fingerprint" <> Print.fingerprint recipe then
            let changes = difference (value "recipe") (Print.recipe recipe)
            raise (
                CheckpointException
                    $"{path} was saved by another recipe. Resume with the saved one (recipe.fsx beside it), or start anew without --resume. Saved (-), now (+):\n{changes}"
            )
        use _ = torch.no_grad ()
        for name, tensor in into do
            match saved.Tensors.TryGetValue name with
            | true, value when value.shape = tensor.shape -> tensor.copy_ value |> ignore
            | true, value ->
                raise (
                    CheckpointException
                        $"{path}: '{name}' is {value.shape.Length}-D %A{value.shape}, the recipe's is %A{tensor.shape}."
                )
            | false, _ ->
                raise (CheckpointException $"{path} lacks '{name}', which the recipe's networks have.")
        let seconds key = Double.Parse (value key, CultureInfo.InvariantCulture)
        {
            Step = Int32.Parse (value "step", CultureInfo.InvariantCulture)
            Seconds = seconds "seconds"
            Spent = {
                Waited = seconds "seconds.waited"
                Forward = seconds "seconds.forward"
                Loss = seconds "seconds.loss"
                Backward = seconds "seconds.backward"
                Updated = seconds "seconds.updated"
            }
        }

    /// Loads the newest good checkpoint of a run's folder into these tensors. Where the newest is damaged or missing, `warn` is told which file it was and
    /// which is taken in its place. Raises CheckpointException where none is good.
    let resume folder recipe into (warn: string -> unit) =
        let newest, older = file folder, previous folder
        if not (exists folder) then
            raise (
                CheckpointException
                    $"{folder} holds no checkpoint. Give the folder of a run that was stopped."
            )
        use _ = torch.NewDisposeScope ()
        let last why =
            try
                let position = load older recipe into
                warn $"{why} Going back to {older}, which is good, of step {position.Step}."
                position
            with :? SafetensorsException as error ->
                raise (CheckpointException $"{why} {error.Message}. No good checkpoint is left: start anew.")
        if File.Exists newest then
            try
                load newest recipe into
            with :? SafetensorsException as error ->
                if File.Exists older then
                    last $"{error.Message}."
                else
                    raise (
                        CheckpointException $"{error.Message}. There is no checkpoint before it: start anew."
                    )
        else
            last $"{newest} is missing: the run ended between two renames."
