namespace Vantage

open System
open System.Collections.Generic
open TorchSharp
open Vantage.Kernels

/// What is wrong with a file of weights.
exception EncoderFileException of string with
    override this.Message = this.Data0

/// Encoders as safetensors files under the names that torchvision (ResNets) and timm (transformers) give their weights.
module EncoderFile =
    let private heads = [
        "projector."
        "predictor."
        "prototypes."
        "turn."
        "exemplar."
        "context."
        "decoder."
        "scale0."
        "scale1."
    ]

    // What published files hold beside the encoder: classifiers, and counts of batches that nothing reads.
    let private beside = [ "fc."; "head."; "classifier."; "heads." ]

    /// Whether a tensor of this name is the encoder's, not a head's.
    let isEncoder (name: string) =
        not (
            heads
            |> List.exists (fun head -> name.StartsWith head || name.Contains ("." + head))
        )

    /// All weights and statistics of the encoder of these weights, by name.
    let tensors (weights: Weights) = weights.Parameters @ weights.Buffers |> List.filter (fst >> isEncoder)

    /// Writes the encoder, as float32.
    let save (path: string) (weights: Weights) =
        let metadata = Dictionary<string, string>()
        metadata["format"] <- "pt"
        Safetensors.Write (path, tensors weights |> List.map (fun (name, t) -> struct (name, t)), metadata)

    let private sizes (t: torch.Tensor) = t.shape |> Array.map string |> String.concat " x "

    let private show (names: string list) =
        let first = names |> List.truncate 5 |> String.concat ", "
        if names.Length > 5 then $"{first} and {names.Length - 5} more" else first

    /// Reads an encoder's weights into these, all or none; gives the names in the file that were left out because they belong to a classifier. Files of another network are
    /// refused with the names that differ.
    let load (path: string) (weights: Weights) =
        use _ = torch.NewDisposeScope ()
        use saved =
            try
                Safetensors.Read path
            with
            | :? IO.IOException as e -> raise (EncoderFileException $"{path} cannot be read: {e.Message}")
            | :? SafetensorsException as e -> raise (EncoderFileException e.Message)
        let into = tensors weights
        let known = into |> List.map fst |> Set
        let ignored, rest =
            saved.Tensors.Keys
            |> List.ofSeq
            |> List.filter (fun name -> not (known.Contains name || name.EndsWith "num_batches_tracked"))
            |> List.partition (fun name -> beside |> List.exists name.StartsWith)
        let missing =
            into
            |> List.map fst
            |> List.filter (fun name -> not (saved.Tensors.ContainsKey name))
        let otherwise =
            into
            |> List.choose (fun (name, t) ->
                match saved.Tensors.TryGetValue name with
                | true, value when value.shape <> t.shape ->
                    Some $"{name} ({sizes value} in the file, {sizes t} here)"
                | _ -> None)
        let faults = [
            if missing <> [] then
                $"it lacks {show missing}"
            if rest <> [] then
                $"it holds {show rest}, which the encoder does not have"
            if otherwise <> [] then
                $"shapes differ: {show otherwise}"
        ]
        if faults <> [] then
            let all = String.concat "; " faults
            raise (
                EncoderFileException
                    $"{path} is not of this encoder: {all}. Choose the encoder that the file was saved from, with its names."
            )
        use _ = torch.no_grad ()
        for name, t in into do
            t.copy_ (saved.Tensors[name].to_type t.dtype) |> ignore
        ignored
