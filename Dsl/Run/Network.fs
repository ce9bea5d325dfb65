namespace Vantage

open TorchSharp

/// One way from images to embeddings: of all their channels, or of a group of them.
type Tower = {
    /// Images, and which of their patches it sees, to representations of the image and of its places.
    See: Sight -> torch.Tensor -> Tokens
    /// Representations to embeddings z, not normalised.
    Project: torch.Tensor -> torch.Tensor
    /// Representations of tiles, image by image, to embeddings of images.
    Join: torch.Tensor -> torch.Tensor
} with

    /// Views, n x c x h x w or in tiles n x tiles x c x h x w, to embeddings.
    member this.Embed(views: torch.Tensor) =
        if views.dim () = 5L then
            (this.See Sight.Whole (views.flatten (0L, 1L))).Pooled |> this.Join
        else
            (this.See Sight.Whole views).Pooled |> this.Project

/// An encoder, its projector and, where the objective has them, its prototypes.
type Branch = {
    Weights: Weights
    /// One, or one for each group of channels; then what follows is of all of them side by side.
    Towers: Tower list
    /// Images to representations h.
    Encode: torch.Tensor -> torch.Tensor
    /// Representations to embeddings z, not normalised.
    Project: torch.Tensor -> torch.Tensor
    /// Representations of the places of the last map but one, and of the last, to embeddings, where the objective compares places.
    Scales: (torch.Tensor -> torch.Tensor) list
    /// K x d, where the objective has prototypes.
    Prototypes: torch.Tensor option
    /// The width of h.
    Width: int
    /// The width of a tower's z.
    Embedding: int
} with

    /// Images, and which of their patches it sees, to representations of the image and of its places.
    member this.See = this.Towers.Head.See

/// What a view became at three scales, for objectives that compare them.
type Scales = {
    /// n x d, of the image.
    Image: torch.Tensor
    /// n x p x d, of the places of the last map but one.
    Finer: torch.Tensor
    /// n x p x d, of the places of the last map.
    Coarser: torch.Tensor
}

/// An encoder of some patches and a decoder of all.
type Restore = {
    /// The share of patches that is hidden, and their side.
    Share: float
    Patch: int
    /// Images, which of their patches are shown and the deviation of the noise on each, to embeddings and what is told of all patches.
    Through: torch.Tensor -> torch.Tensor -> torch.Tensor -> torch.Tensor * torch.Tensor
}

/// A recipe's networks.
type Network = {
    /// The branch that learns.
    Online: Branch
    /// Embeddings to predictions; where no mechanism predicts, the embeddings themselves.
    Predict: torch.Tensor -> torch.Tensor
    /// Representations to scores of four turns, where the objective asks for them.
    Turn: (torch.Tensor -> torch.Tensor) option
    /// Representations to embeddings of exemplars, where the objective asks for them.
    Exemplar: (torch.Tensor -> torch.Tensor) option
    /// Images to their embeddings and what their patches predict of others, where the objective asks for it.
    Ahead: (torch.Tensor -> torch.Tensor * Prediction list) option
    /// Images at three scales, where the objective compares them.
    Compare: (torch.Tensor -> Scales) option
    /// What tells hidden patches, where the objective asks for it.
    Restore: Restore option
    /// Generator and discriminators, where the objective is a contest.
    Rivals: Rivals option
    /// The copy that follows the learnt branch with momentum.
    Target: Branch option
    /// Of the views.
    Channels: int
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
    // How many tiles the views of a recipe have, where they have any.
    let private tiles recipe =
        Recipe.augmentations recipe
        |> List.tryPick (fun a -> (Plan.ofAugmentation a).Tiles)
        |> Option.map fst
        |> Option.defaultValue 1

    let private comparesPlaces =
        function
        | Objective.LocalGlobal _ -> true
        | _ -> false

    // What an encoder makes on its way is released when it is through: the graph keeps what a backward pass needs, and no longer than that.
    let private released (see: Sight -> torch.Tensor -> Tokens) sight images =
        use _ = torch.NewDisposeScope ()
        let seen = see sight images
        {
            Pooled = seen.Pooled.MoveToOuterDisposeScope ()
            Patches = seen.Patches.MoveToOuterDisposeScope ()
            Finer = seen.Finer |> Option.map _.MoveToOuterDisposeScope()
        }

    let private tower weights channels (recipe: Recipe) encoder =
        let hides = (Objective.hidden recipe.Objective).IsSome
        let built = Encoders.build weights channels hides (comparesPlaces recipe.Objective) encoder
        let embedding, project, join =
            Heads.buildForTiles weights "projector" built.Width (tiles recipe) recipe.Projector
        built, embedding, { See = released built.See; Project = project; Join = join }

    // A tower for each group of channels, each with weights of its own.
    let private split (weights: Weights) groups inner recipe =
        let starts = (0, groups) ||> List.scan (+)
        List.indexed groups
        |> List.map (fun (i, count) ->
            weights.Prefix <- $"tower{i}."
            let built, embedding, tower = tower weights count recipe inner
            weights.Prefix <- ""
            let own (x: torch.Tensor) = x.narrow (x.dim () - 3L, int64 starts[i], int64 count)
            built, embedding, { tower with See = fun sight x -> tower.See sight (own x) })

    let private beside (parts: torch.Tensor list) =
        match parts with
        | [ one ] -> one
        | several -> torch.cat (List.toArray several, 1L)

    let private branch weights channels (recipe: Recipe) =
        let towers =
            match recipe.Encoder with
            | Encoder.Split (groups, inner) -> split weights groups inner recipe
            | plain -> [ tower weights channels recipe plain ]
        let first, embedding, _ = towers.Head
        let own = towers |> List.map (fun (_, _, tower) -> tower)
        let encode x = own |> List.map (fun tower -> (tower.See Sight.Whole x).Pooled) |> beside
        let project (h: torch.Tensor) =
            own
            |> List.mapi (fun i tower ->
                tower.Project (h.narrow (1L, int64 (i * first.Width), int64 first.Width)))
            |> beside
        let scale name width =
            let _, through = Heads.build weights name width recipe.Projector
            fun (places: torch.Tensor) ->
                (places.flatten (0L, 1L) |> through).view(places.shape[0], places.shape[1], int64 embedding)
        {
            Weights = weights
            Towers = own
            Encode = encode
            Project = if own.Length = 1 then own.Head.Project else project
            Scales =
                match first.Finer with
                | Some finer when comparesPlaces recipe.Objective -> [
                    scale "scale0" finer
                    scale "scale1" first.Width
                  ]
                | _ -> []
            Prototypes =
                Objective.prototypes recipe.Objective
                |> Option.map (fun p -> Heads.prototypes weights embedding (p.Sets * p.Count))
            Width = own.Length * first.Width
            Embedding = embedding
        }

    let private patchwise encoder (online: Branch) ahead =
        let grid =
            match encoder with
            | Encoder.Patchwise (patch, stride, _) -> Extent.grid patch stride
            | _ -> invalidOp "only an encoder of patches predicts some of others; `check` refuses others"
        let predict = Context.build online.Weights online.Width online.Embedding ahead
        let px side = LanguagePrimitives.Int32WithMeasure<px>(int side)
        fun (view: torch.Tensor) ->
            let rows, columns = grid (px view.shape[2], px view.shape[3])
            let seen = online.See Sight.Whole view
            online.Project seen.Pooled, predict online.Project rows columns seen.Patches

    let private restore (online: Branch) (it: ViT) channels restoration =
        let decode = Decoder.build online.Weights it channels restoration
        let through (view: torch.Tensor) (shown: torch.Tensor) (deviation: torch.Tensor) =
            let seen = online.See (Sight.Only shown) view
            let side length = int length / int it.Patch
            let grid = side view.shape[2], side view.shape[3]
            online.Project seen.Pooled, decode grid seen.Patches shown deviation
        { Share = restoration.Share; Patch = int it.Patch; Through = through }

    let private rivals (online: Branch) channels (recipe: Recipe) (contest: Contest) =
        let plan = Plan.ofAugmentation (List.head (Recipe.globals recipe))
        let view =
            match plan.Extent with
            | Sized (height, width) -> Views.shape channels (int height) (int width) plan
            | _ -> invalidOp "a generator needs views of a known size; `check` refuses others"
        let codes = online.Embedding
        let deviation =
            snd (Heads.build online.Weights "deviation" online.Width (Head [ Layer.Linear (codes, true) ]))
        {
            // Near 0 at first: a code that is all noise would match the normal distribution without telling anything of its image.
            Deviation = fun h -> torch.nn.functional.softplus (deviation h - Scope.number 4.0)
            Make = Generator.build online.Weights contest.Width codes view
            Judges = Judges.build online.Weights contest codes view
        }

    let private compare (online: Branch) (view: torch.Tensor) =
        let seen = online.See Sight.Whole view
        match online.Scales, seen.Finer with
        | [ finer; coarser ], Some places -> {
            Image = online.Project seen.Pooled
            Finer = finer places
            Coarser = coarser seen.Patches
          }
        | _ -> invalidOp "the encoder has no maps at two scales; `check` refuses it"

    /// With weights drawn from the recipe's seed; a momentum target starts as a copy of what it follows.
    let ofRecipe (device: torch.Device) channels (recipe: Recipe) =
        use _ = torch.NewDisposeScope ()
        let weights learns = Weights (device, recipe.Seed, recipe.Precision, learns)
        let channels =
            Recipe.augmentations recipe
            |> List.tryPick (fun a -> (Plan.ofAugmentation a).Channels)
            |> Option.defaultValue channels
        let online = branch (weights true) channels recipe
        {
            Channels = channels
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
            Exemplar =
                Objective.exemplars recipe.Objective
                |> Option.map (fun width ->
                    snd (
                        Heads.build
                            online.Weights
                            "exemplar"
                            online.Width
                            (Head [ Layer.Linear (width, true) ])
                    ))
            Ahead =
                match recipe.Objective with
                | Objective.PredictAhead ahead -> Some (patchwise recipe.Encoder online ahead)
                | _ -> None
            Restore =
                match recipe.Objective, recipe.Encoder with
                | (Objective.Restore (_, restoration) | Objective.RestoreNoised (_, restoration)),
                  Encoder.ViT it -> Some (restore online it channels restoration)
                | _ -> None
            Rivals =
                match recipe.Objective with
                | Objective.BiGan contest -> Some (rivals online channels recipe contest)
                | _ -> None
            Compare = if comparesPlaces recipe.Objective then Some (compare online) else None
            Target =
                Mechanism.momentum recipe.Avoid
                |> Option.map (fun _ -> branch (weights false) channels recipe)
        }

    /// target := m target + (1 - m) online for every weight; running statistics are each network's own.
    let follow (momentum: float) network =
        match network.Target with
        | Some target ->
            // The target lacks the predictor, which is drawn last.
            let pairs =
                Seq.zip target.Weights.Parameters network.Weights.Parameters
                |> Seq.map (fun ((name, mine), (other, learnt)) ->
                    if name <> other then
                        invalidOp $"the target's {name} stands where the network's {other} is"
                    mine, learnt)
                |> Seq.toArray
            Vantage.Kernels.Optim.Follower.Step (Array.map fst pairs, Array.map snd pairs, momentum)
        | None -> ()
