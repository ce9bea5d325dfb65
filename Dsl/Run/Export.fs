namespace Vantage

open System
open System.Collections.Generic
open System.IO
open Vantage.Kernels

/// Encoders of runs as files that other programs read: `./research encoder RUN --to FILE`.
module Export =
    let private fail text = raise (UserException text)

    // The newest good checkpoint of a run.
    let private opened folder =
        if not (Checkpoint.exists folder) then
            fail $"{folder} holds no checkpoint. Give the folder of a run, such as runs/NAME-TIME."
        let candidates =
            [ Checkpoint.file folder; Checkpoint.previous folder ]
            |> List.filter File.Exists
        let rec first said =
            function
            | [] ->
                let why = String.concat "; " (List.rev said)
                fail $"No good checkpoint is in {folder}: {why}."
            | path :: rest ->
                try
                    let saved = Safetensors.Read path
                    if
                        saved.Metadata.ContainsKey "recipe"
                        && saved.Metadata.ContainsKey Safetensors.Seal
                    then
                        path, saved
                    else
                        saved.Dispose ()
                        first ($"{path} is not a Vantage checkpoint" :: said) rest
                with :? SafetensorsException as e ->
                    first (e.Message :: said) rest
        first [] candidates

    /// Writes the encoder of a run's newest good checkpoint: weights and statistics under the names that torchvision and timm give them, float32. Gives the checkpoint's path and how
    /// many tensors and values were written. Raises UserException where there is none, or where the file is there already or cannot be written.
    let encoder (folder: string) (file: string) =
        if File.Exists file || Directory.Exists file then
            fail $"{file} is there already, and nothing is overwritten. Give another name after --to."
        let path, saved = opened folder
        use saved = saved
        let own (name: string) =
            [ "weights."; "statistics." ]
            |> List.tryFind name.StartsWith
            |> Option.map (fun part -> name.Substring part.Length)
            |> Option.filter EncoderFile.isEncoder
        let tensors =
            saved.Tensors
            |> Seq.choose (fun pair -> own pair.Key |> Option.map (fun name -> struct (name, pair.Value)))
            |> Seq.sortBy (fun struct (name, _) -> name)
            |> Seq.toList
        let metadata = Dictionary<string, string>()
        metadata["format"] <- "pt"
        metadata["recipe"] <- saved.Metadata["recipe"]
        try
            Safetensors.Write (file, tensors, metadata)
        with
        | :? IOException
        | :? UnauthorizedAccessException as e -> fail $"{file} cannot be written: {e.Message}"
        path, tensors.Length, tensors |> List.sumBy (fun struct (_, t) -> t.numel ())

    /// The command: its arguments after `encoder`.
    let main (arguments: string list) =
        match arguments with
        | [ folder; "--to"; file ] ->
            try
                let path, count, values = encoder folder file
                printfn $"{count} tensors, {values} values, from {path} into {file}"
                0
            with UserException text ->
                eprintfn $"{text}"
                1
        | _ ->
            eprintfn "usage: ./research encoder RUN --to FILE.safetensors, RUN the folder of a run"
            2
