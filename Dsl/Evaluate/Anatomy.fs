namespace Vantage

open TorchSharp

/// What a network makes of images, layer by layer.
type Anatomy = {
    /// Each layer's name and its features of the images, n x d, from the images to the embeddings.
    Parts: (string * torch.Tensor) list
    /// Features of the places of the middle map, n x p x d, row by row; none where the encoder has no places of a whole image.
    Places: torch.Tensor option
}

/// Looks into networks.
module Anatomy =
    // The encoder again, with the map before the last one to look at, and the network's own weights.
    let private opened (network: Network) (recipe: Recipe) =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let weights = Weights (network.Weights.Device, recipe.Seed, recipe.Precision, false)
        let hides = (Objective.hidden recipe.Objective).IsSome
        let built = Encoders.build weights network.Channels hides true recipe.Encoder
        let own = network.Weights.Parameters @ network.Weights.Buffers |> Map
        for name, tensor in weights.Parameters @ weights.Buffers do
            tensor.copy_ own[name] |> ignore
        weights.Training <- false
        built

    /// The function from images, n x c x h x w, to their anatomy; the network as it is now, in evaluation mode, without gradient.
    let ofNetwork (recipe: Recipe) (network: Network) =
        network.Training <- false
        let pixels (x: torch.Tensor) = "pixels", x.flatten 1L
        let flat (h: torch.Tensor) = [ "h", h; "z", network.Project h ]
        let look =
            match recipe.Encoder with
            | Encoder.Split _ -> fun x -> { Parts = pixels x :: flat (network.Encode x); Places = None }
            | _ ->
                let built = opened network recipe
                fun x ->
                    let seen = built.See Sight.Whole x
                    let middle = seen.Finer |> Option.map (fun map -> "middle", map.mean [| 1L |])
                    {
                        Parts = pixels x :: Option.toList middle @ flat seen.Pooled
                        Places = Some (seen.Finer |> Option.defaultValue seen.Patches)
                    }
        fun (x: torch.Tensor) -> Scope.withoutGradient (fun () -> look x)

    // In parts of 500, so that no batch is larger than that.
    let private inParts (through: torch.Tensor -> 'a) (x: torch.Tensor) = [
        for start in 0L .. 500L .. x.shape[0] - 1L ->
            through (x.narrow (0L, start, min 500L (x.shape[0] - start)))
    ]

    let private joined (parts: torch.Tensor list) = torch.cat (List.toArray parts, 0L)

    /// Of whole images of a split, without augmentation; the caller's scope holds the tensors.
    let ofImages (trainer: Trainer) (split: Split) (indices: int array) =
        let shape = Views.plainShape trainer.Viewer split
        let values = Array.zeroCreate<float32>(indices.Length * shape.Length)
        Views.plain trainer.Viewer shape (indices |> Array.map split.Read) 1 values
        let size = [| int64 indices.Length; int64 shape.Channels; int64 shape.Height; int64 shape.Width |]
        let images = torch.tensor(values).reshape(size).``to`` trainer.Network.Weights.Device
        let parts = inParts (ofNetwork trainer.Recipe trainer.Network) images
        {
            Parts =
                parts.Head.Parts
                |> List.mapi (fun i (name, _) -> name, parts |> List.map (fun a -> snd a.Parts[i]) |> joined)
            Places =
                parts.Head.Places
                |> Option.map (fun _ -> parts |> List.choose _.Places |> joined)
        }

    /// The features of a layer by its name.
    let part name anatomy = anatomy.Parts |> List.find (fst >> (=) name) |> snd

    // Draws of views for evaluation use epochs that training does not reach.
    let private viewEpochs = 0x7FFFFFFB, 0x7FFFFFFA

    /// Two views of images: the first two global ones of the recipe, or the only one drawn twice.
    let views (trainer: Trainer) (split: Split) (indices: int array) =
        let globals =
            trainer.Recipe.Views
            |> List.indexed
            |> List.choose (function
                | at, View.Global _ -> Some at
                | _ -> None)
        let view epoch at =
            let shape = trainer.Viewer.Shapes[at]
            let values =
                indices
                |> Array.Parallel.map (fun i -> snd (Views.replayFrom trainer.Viewer epoch i split at))
            let tiles = if shape.Tiles = 1 then [] else [ int64 shape.Tiles ]
            let size =
                int64 indices.Length :: tiles
                @ [ int64 shape.Channels; int64 shape.Height; int64 shape.Width ]
            torch.tensor(Array.concat values).reshape(List.toArray size).``to`` trainer.Network.Weights.Device
        match globals with
        | first :: second :: _ -> view (fst viewEpochs) first, view (fst viewEpochs) second
        | only -> view (fst viewEpochs) only.Head, view (snd viewEpochs) only.Head

    /// The embeddings of views.
    let embed (trainer: Trainer) views =
        trainer.Network.Training <- false
        let through (x: torch.Tensor) =
            Scope.withoutGradient (fun () ->
                match trainer.Network.Online.Towers with
                | [ one ] -> one.Embed x
                | _ -> trainer.Network.Encode x |> trainer.Network.Project)
        inParts through views |> joined

    /// Linear CKA of every layer of one anatomy (rows) with every layer of another of the same images. Constant features give no number.
    let likeness a b = [ for _, x in a.Parts -> [ for _, y in b.Parts -> Spectrum.cka x y ] ]
