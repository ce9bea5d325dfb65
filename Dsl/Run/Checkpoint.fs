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
type Position = { Step: int; Seconds: float; Waited: float }

/// Saved runs: one safetensors file whose metadata holds the recipe's text, its fingerprint and the position. A checkpoint
/// appears whole or not at all: it is written beside the last one, flushed to disk, and renamed.
module Checkpoint =
    /// The file of the newest checkpoint in a run's folder.
    let file folder = Path.Combine (folder, "checkpoint.safetensors")

    let private previous folder = Path.Combine (folder, "checkpoint.previous.safetensors")

    let private whole (x: int) = x.ToString CultureInfo.InvariantCulture
    let private real (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)

    /// Saves tensors by name; the last good checkpoint stays as `checkpoint.previous.safetensors`.
    let save folder recipe position (tensors: (string * torch.Tensor) list) =
        let fresh = Path.Combine (folder, "checkpoint.new.safetensors")
        let metadata =
            dict [
                "format", "vantage-1"
                "recipe", Print.recipe recipe
                "fingerprint", Print.fingerprint recipe
                "step", whole position.Step
                "seconds", real position.Seconds
                "waited", real position.Waited
                "libtorch", torch.__version__
            ]
        Safetensors.Write (
            fresh,
            tensors |> List.map (fun (name, tensor) -> struct (name, tensor)),
            Dictionary<string, string> metadata
        )
        if File.Exists (file folder) then
            File.Move (file folder, previous folder, true)
        File.Move (fresh, file folder, true)

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
        {
            Step = Int32.Parse (value "step", CultureInfo.InvariantCulture)
            Seconds = Double.Parse (value "seconds", CultureInfo.InvariantCulture)
            Waited = Double.Parse (value "waited", CultureInfo.InvariantCulture)
        }

    /// Loads the newest good checkpoint of a run's folder into these tensors. Where the newest is damaged, `warn` is told
    /// and the one before it is taken.
    let resume folder recipe into (warn: string -> unit) =
        let newest, older = file folder, previous folder
        if not (File.Exists newest) && not (File.Exists older) then
            raise (
                CheckpointException
                    $"{folder} holds no checkpoint. Give the folder of a run that was stopped."
            )
        use _ = torch.NewDisposeScope ()
        if File.Exists newest then
            try
                load newest recipe into
            with :? SafetensorsException as error when File.Exists older ->
                warn $"{error.Message} Going back to {Path.GetFileName older}."
                load older recipe into
        else
            load older recipe into
