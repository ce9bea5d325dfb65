namespace Vantage

/// What happens on the way from one part to another.
[<RequireQualifiedAccess>]
type Way =
    /// Values forward, gradients back.
    | Learns
    /// Values forward only.
    | Stopped
    /// Weights follow with a momentum.
    | Follows of momentum: float

/// A part of a recipe's picture: what it is, in lines of text; its column from the images to the objective, its lane from top to bottom.
type Part = { Key: string; Lines: string list; Column: int; Lane: int }

/// A recipe as a picture: parts, and ways between them by their keys.
type Graph = { Parts: Part list; Ways: (string * string * Way) list }

/// The picture of a recipe, worked out from its views, encoder, heads, mechanisms and objective.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Graph =
    let private head (Head layers) =
        layers
        |> List.map (function
            | Layer.Linear (width, _) -> string width
            | Layer.BatchNorm _ -> "BN"
            | Layer.LayerNorm -> "LN"
            | Layer.Relu -> "ReLU"
            | Layer.Gelu -> "GELU"
            | Layer.Dropout p -> $"dropout {p}"
            | Layer.UnitLength -> "unit length"
            | Layer.JoinTiles -> "join tiles")
        // So many layers a line.
        |> List.chunkBySize 4
        |> List.map (String.concat " ")

    let rec private encoder =
        function
        | Encoder.ResNet it ->
            if it.Width = 1 then $"ResNet-{it.Depth}" else $"ResNet-{it.Depth}, {it.Width}x"
        | Encoder.ViT it -> $"ViT, {it.Depth} x {it.Width}"
        | Encoder.CompactResNet (widths, _)
        | Encoder.PatchResNet (_, widths, _) ->
            widths |> List.map string |> String.concat "-" |> sprintf "ResNet %s"
        | Encoder.LayerNormed inner -> $"{encoder inner}, LN"
        | Encoder.Patchwise (patch, _, inner) -> $"{encoder inner} on {int patch} px"
        | Encoder.Continued (run, _) -> $"{encoder run.Encoder}, trained"
        | Encoder.Split (groups, inner) -> $"{groups.Length} times {encoder inner}"

    let private size augmentation =
        let plan = Plan.ofAugmentation augmentation
        match plan.Tiles, plan.Extent with
        | Some (count, side), _ -> $"{count} tiles of {int side} px"
        | None, Sized (height, width) when height = width -> $"{int height} px"
        | None, Sized (height, width) -> $"{int height} x {int width} px"
        | None, _ -> "as they are"

    let private views kind (augmentations: Augmentation list) =
        let sizes = augmentations |> List.map size |> List.distinct |> String.concat ", "
        [
            (if augmentations.Length = 1 then
                 $"1 {kind}"
             else
                 $"{augmentations.Length} {kind}s")
            sizes
        ]

    let private start =
        function
        | Schedule.Warmup (_, after)
        | Schedule.WarmupShare (_, after) -> List.head (Schedule.values after)
        | schedule -> List.head (Schedule.values schedule)

    // What is done to targets before they are compared.
    let private treatment avoid = [
        for mechanism in avoid do
            match mechanism with
            | Mechanism.Centre momentum -> $"centre {momentum}"
            | Mechanism.Sharpen t -> $"sharpen {t}"
            | Mechanism.Balance _ -> "balance"
            | Mechanism.BalanceOver (length, _) -> $"over {length} more"
            | Mechanism.Relabel (Labelling.KMeans _) -> "labels by k-means"
            | Mechanism.Relabel (Labelling.Transport _) -> "labels by transport"
            | _ -> ()
    ]

    // Terms of the loss itself.
    let private terms avoid = [
        for mechanism in avoid do
            match mechanism with
            | Mechanism.Repel Negatives.InBatch -> "negatives in batch"
            | Mechanism.Decorrelate -> "decorrelate"
            | Mechanism.KeepVariance -> "keep variance"
            | Mechanism.MatchPrior -> "match prior"
            | Mechanism.KeepApart _ -> "keep apart"
            | Mechanism.StayNear weight -> $"stay near, {weight}"
            | Mechanism.MeanEntropy _ -> "mean entropy"
            | Mechanism.Whiten _ -> "whiten"
            | _ -> ()
    ]

    let private memory avoid =
        match Mechanism.negatives avoid with
        | Some (Negatives.Queue length) -> Some [ "queue"; $"{length} keys" ]
        | Some (Negatives.Bank (noise, momentum)) ->
            Some [ $"bank, momentum {momentum}"; (if noise = 0 then "all images" else $"{noise} rows drawn") ]
        | Some (Negatives.BankSum (noise, momentum)) ->
            Some [ $"bank, momentum {momentum}"; $"{noise} rows drawn, by their sum" ]
        | _ -> None

    // What stands between embeddings and the objective on the learning side.
    let private beforeLoss recipe =
        match Mechanism.predictor recipe.Avoid, recipe.Objective with
        | Some (layers, _), _ -> Some ("predictor q" :: head layers)
        | None, Objective.PredictAhead ahead ->
            Some [ "context networks"; $"rows {ahead.First} to {ahead.Last} on" ]
        | None, (Objective.Restore (_, it) | Objective.RestoreNoised (_, it)) ->
            Some [ "decoder"; $"{it.Depth} x {it.Width}" ]
        | None, Objective.BiGan c -> Some [ "discriminators"; (if c.Single then "F, H and J" else "J") ]
        | None, Objective.LocalGlobal _ -> Some [ "places of"; "two maps" ]
        | _ -> None

    let private stopped recipe =
        List.contains Mechanism.StopGradient recipe.Avoid
        || Objective.stopsTargets recipe.Objective
           && (memory recipe.Avoid).IsNone
           && (Mechanism.labelling recipe.Avoid).IsNone

    /// The picture of a recipe.
    let ofRecipe (recipe: Recipe) =
        let part key column lane lines = { Key = key; Lines = lines; Column = column; Lane = lane }
        let momentum = Mechanism.momentum recipe.Avoid
        let locals, globals = Recipe.locals recipe, Recipe.globals recipe
        let treated = treatment recipe.Avoid
        let stored = memory recipe.Avoid
        let scored = Objective.prototypes recipe.Objective
        let before = beforeLoss recipe
        let last = if before.IsSome then "predictor" else "projector"
        let split = momentum.IsSome || stopped recipe || treated <> []
        let low = if split then 2 else 1
        let from = if momentum.IsSome then "target projector" else "projector"
        {
            Parts = [
                part "images" 0 0 [ "images"; $"batches of {recipe.Batch}" ]
                part "globals" 1 (if locals.IsEmpty then 0 else 1) (views "global view" globals)
                if not locals.IsEmpty then
                    part "locals" 1 0 (views "local view" locals)
                part "encoder" 2 0 [ "encoder f"; encoder recipe.Encoder ]
                part "projector" 3 0 ("projector g" :: head recipe.Projector)
                match before with
                | Some lines -> part "predictor" 4 0 lines
                | None -> ()
                if momentum.IsSome then
                    part "target encoder" 2 1 [ "encoder f′"; "follows f" ]
                    part "target projector" 3 1 [ "projector g′"; "follows g" ]
                if split then
                    part "targets" 4 1 ("targets" :: treated)
                match recipe.Objective with
                | Objective.BiGan c -> part "generator" 3 1 [ "generator G"; $"width {c.Width}" ]
                | _ -> ()
                match scored with
                | Some p ->
                    part "prototypes" 4 low [
                        "prototypes"
                        (if p.Sets = 1 then string p.Count else $"{p.Sets} sets of {p.Count}")
                    ]
                | None -> ()
                match stored with
                | Some lines -> part "memory" 4 (if scored.IsSome then low + 1 else low) lines
                | None -> ()
                if Objective.needsLabels recipe.Objective then
                    part "labels" 4 low [ "labels" ]
                part "objective" 5 0 (Objective.name recipe.Objective :: terms recipe.Avoid)
            ]
            Ways = [
                "images", "globals", Way.Stopped
                "globals", "encoder", Way.Learns
                if not locals.IsEmpty then
                    "images", "locals", Way.Stopped
                    "locals", "encoder", Way.Learns
                "encoder", "projector", Way.Learns
                if before.IsSome then
                    "projector", "predictor", Way.Learns
                last, "objective", Way.Learns
                match recipe.Objective with
                | Objective.BiGan _ ->
                    "globals", "generator", Way.Stopped
                    "generator", "predictor", Way.Learns
                | _ -> ()
                match momentum with
                | Some schedule ->
                    "globals", "target encoder", Way.Stopped
                    "target encoder", "target projector", Way.Stopped
                    "encoder", "target encoder", Way.Follows (start schedule)
                    "projector", "target projector", Way.Follows (start schedule)
                | None -> ()
                if split then
                    let way =
                        if momentum.IsSome || stopped recipe || treated <> [] then
                            Way.Stopped
                        else
                            Way.Learns
                    from, "targets", way
                    "targets", "objective", way
                if scored.IsSome then
                    "prototypes", "objective", Way.Learns
                if stored.IsSome then
                    from, "memory", Way.Stopped
                    "memory", "objective", Way.Stopped
                if Objective.needsLabels recipe.Objective then
                    "labels", "objective", Way.Stopped
            ]
        }

    /// The picture in words: a line for each way.
    let describe graph =
        let name key = (graph.Parts |> List.find (fun p -> p.Key = key)).Lines |> String.concat ", "
        graph.Ways
        |> List.map (fun (a, b, way) ->
            match way with
            | Way.Learns -> $"{name a} → {name b}"
            | Way.Stopped when a = "images" -> $"{name a} → {name b}"
            | Way.Stopped -> $"{name a} → {name b}   (no gradient back)"
            | Way.Follows m -> $"{name b} of {name a}, momentum {m}")
