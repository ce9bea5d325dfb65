namespace Vantage

open TorchSharp

/// An encoder, its projector and, where the objective has them, its prototypes.
type Branch = {
    Weights: Weights
    /// Images to representations h.
    Encode: torch.Tensor -> torch.Tensor
    /// Images, and which of their patches are hidden, to representations of the image and of its places.
    See: torch.Tensor option -> torch.Tensor -> Tokens
    /// Representations to embeddings z, not normalised.
    Project: torch.Tensor -> torch.Tensor
    /// K x d, where the objective has prototypes.
    Prototypes: torch.Tensor option
    /// The width of h.
    Width: int
    /// The width of z.
    Embedding: int
}

/// A recipe's networks.
type Network = {
    /// The branch that learns.
    Online: Branch
    /// Embeddings to predictions; where no mechanism predicts, the embeddings themselves.
    Predict: torch.Tensor -> torch.Tensor
    /// Representations to scores of four turns, where the objective asks for them.
    Turn: (torch.Tensor -> torch.Tensor) option
    /// The copy that follows the learnt branch with momentum.
    Target: Branch option
} with

    member this.Weights = this.Online.Weights
    member this.Encode = this.Online.Encode
    member this.Project = this.Online.Project
    member this.Width = this.Online.Width
    member this.Embedding = this.Online.Embedding

    /// Sets whether batch norm uses the batch's statistics, and dropout drops.
    member this.Training
        with set value =
            this.Weights.Training <- value
            this.Target |> Option.iter (fun target -> target.Weights.Training <- value)

/// Builds the networks of a recipe.
module Network =
    let private branch weights channels (recipe: Recipe) =
        let hides = (Objective.hidden recipe.Objective).IsSome
        let width, see = Encoders.build weights channels hides recipe.Encoder
        let embedding, project = Heads.build weights "projector" width recipe.Projector
        let prototypes =
            Objective.prototypes recipe.Objective
            |> Option.map (fun p -> Heads.prototypes weights embedding p.Count)
        {
            Weights = weights
            Encode = fun x -> (see None x).Pooled
            See = see
            Project = project
            Prototypes = prototypes
            Width = width
            Embedding = embedding
        }

    /// With weights drawn from the recipe's seed; a momentum target starts as a copy of what it follows.
    let ofRecipe (device: torch.Device) channels (recipe: Recipe) =
        use _ = torch.NewDisposeScope ()
        let weights learns = Weights (device, recipe.Seed, recipe.Precision, learns)
        let online = branch (weights true) channels recipe
        {
            Online = online
            Predict =
                match Mechanism.predictor recipe.Avoid with
                | Some (layers, _) -> Heads.build online.Weights "predictor" online.Embedding layers |> snd
                | None -> id
            Turn =
                if Objective.turns recipe.Objective then
                    Some (
                        snd (Heads.build online.Weights "turn" online.Width (Head [ Layer.Linear (4, true) ]))
                    )
                else
                    None
            Target =
                Mechanism.momentum recipe.Avoid
                |> Option.map (fun _ -> branch (weights false) channels recipe)
        }

    /// target := m target + (1 - m) online for every weight; running statistics are each network's own.
    let follow (momentum: float) network =
        match network.Target with
        | Some target ->
            use _ = torch.no_grad ()
            let kept, share = Scope.number momentum, Scope.number (1.0 - momentum)
            // The target lacks the predictor, which is drawn last.
            for (name, mine), (other, learnt) in Seq.zip target.Weights.Parameters network.Weights.Parameters do
                if name <> other then
                    invalidOp $"the target's {name} stands where the network's {other} is"
                mine.mul_(kept).add_(learnt, share) |> ignore
        | None -> ()
