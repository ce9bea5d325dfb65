namespace Vantage

open System.IO
open TorchSharp
open Vantage.Kernels

/// Weights that come from finished runs: those of teachers, and those that a network goes on from.
module TrainedRun =
    let private fail text = raise (CheckpointException text)

    // The lines of a printed recipe that say what its network is.
    let private field name (text: string) =
        text.Split '\n'
        |> Array.map _.Trim()
        |> Array.tryFind (fun line -> line.StartsWith $"{name} = ")
        |> Option.defaultValue $"no {name}"

    // The file of a finished run, after all that its metadata says has been held to what is asked for.
    let private opened (run: Trained) =
        let path = Checkpoint.file run.Folder
        if not (File.Exists path) then
            fail
                $"{run.Folder} holds no checkpoint, and this recipe takes weights from a run there. Train that run first, with --out {run.Folder}, or name another folder."
        if not (File.Exists (Path.Combine (run.Folder, "result.json"))) then
            fail
                $"The run in {run.Folder} has not finished: it has no result.json. Go on with it by --resume {run.Folder} first."
        let saved =
            try
                Safetensors.Read path
            with :? SafetensorsException as e ->
                fail e.Message
        let value key =
            match saved.Metadata.TryGetValue key with
            | true, text -> text
            | false, _ -> fail $"{path} has no '{key}' in its metadata: it is not a Vantage checkpoint."
        let text, fingerprint = value "recipe", value "fingerprint"
        if Print.digest text <> fingerprint then
            fail
                $"{path} was changed: its recipe does not have its fingerprint {fingerprint}. Train the run anew."
        match run.Fingerprint with
        | Some asked when asked <> fingerprint ->
            fail
                $"{path} was saved by the recipe of fingerprint {fingerprint}, asked for is {asked}. Name the folder of a run of that recipe, with the same options."
        | _ -> ()
        for name, asked in [ "Encoder", Print.encoder run.Encoder; "Projector", Print.head run.Projector ] do
            let found = field name text
            if found <> $"{name} = {asked}" then
                fail $"{path} is of another network. It has: {found}. Asked for: {name} = {asked}."
        path, saved

    /// The runs that a recipe takes weights from.
    let all (recipe: Recipe) = [
        match recipe.Encoder with
        | Encoder.Continued (run, _) -> run
        | _ -> ()
        yield! Objective.teachers recipe.Objective
    ]

    /// Refuses a recipe whose runs are missing, have not finished or are of other networks.
    let check recipe =
        use _ = torch.NewDisposeScope ()
        for run in all recipe do
            let _, saved = opened run
            saved.Dispose ()

    // Copies tensors by their names in the file.
    let private load run (into: (string * torch.Tensor) list) =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let path, saved = opened run
        use saved = saved
        let sizes (t: torch.Tensor) = t.shape |> Array.map string |> String.concat " x "
        for name, tensor in into do
            match saved.Tensors.TryGetValue name with
            | true, value when value.shape = tensor.shape -> tensor.copy_ value |> ignore
            | true, value ->
                fail
                    $"{path}: '{name}' is {sizes value}, needed is {sizes tensor}. Was that run of images with as many channels?"
            | false, _ -> fail $"{path} lacks '{name}', which this recipe takes from it."

    let private named (weights: Weights) = [
        for name, tensor in weights.Parameters do
            $"weights.{name}", tensor
        for name, tensor in weights.Buffers do
            $"statistics.{name}", tensor
    ]

    /// The network of a finished run as a function from images to logits, in evaluation mode and without gradient.
    let teacher device channels precision (run: Trained) =
        let through =
            use _ = torch.NewDisposeScope ()
            let weights = Weights (device, 0UL, precision, false)
            let built = Encoders.build weights channels false false run.Encoder
            let _, project = Heads.build weights "projector" built.Width run.Projector
            load run (named weights)
            weights.Training <- false
            fun images -> (built.See Sight.Whole images).Pooled |> project
        fun (images: torch.Tensor) -> Scope.withoutGradient (fun () -> through images)

    /// Sets the weights of a network that goes on from a finished run, and of the target that follows it.
    let start (recipe: Recipe) (network: Network) =
        match recipe.Encoder with
        | Encoder.Continued (run, _) ->
            let own (weights: Weights) =
                let encoder = EncoderFile.tensors weights |> List.map fst |> Set
                named weights
                |> List.choose (fun (name, tensor) ->
                    let kind, rest =
                        name.Substring (0, name.IndexOf '.'), name.Substring (name.IndexOf '.' + 1)
                    if not (encoder.Contains rest) then
                        None
                    elif rest.StartsWith "kept." then
                        Some ($"{kind}.projector.{rest.Substring 5}", tensor)
                    else
                        Some (name, tensor))
            load run (own network.Weights)
            network.Target |> Option.iter (fun target -> load run (own target.Weights))
        | _ -> ()
