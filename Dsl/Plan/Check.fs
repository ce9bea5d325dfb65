namespace Vantage

/// Checks a recipe before anything is computed.
module Check =
    /// The error in words, with the remedy.
    let message error = RecipeError.message error

    let private finite (x: float) = System.Double.IsFinite x

    let private headErrors objective (Head layers) = [
        for layer in layers do
            match layer with
            | Layer.Linear (width, _) when width <= 0 -> RecipeError.BadLayerWidth width
            | _ -> ()
        let last =
            layers
            |> List.tryFindBack (function
                | Layer.Linear _ -> true
                | _ -> false)
        match List.tryLast layers, last with
        | None, _ -> RecipeError.EmptyHead
        | Some Layer.Relu, _ -> RecipeError.HeadDoesNotEndLinear Layer.Relu
        | Some layer, None -> RecipeError.HeadDoesNotEndLinear layer
        | _, Some (Layer.Linear (1, _) as one) when Objective.normalizes objective ->
            RecipeError.NormalizesOneValue one
        | _ -> ()
    ]

    let private recipeErrors recipe = [
        if recipe.Avoid.IsEmpty then
            RecipeError.NothingPreventsCollapse recipe.Objective
        if recipe.Views.Length <> 2 then
            RecipeError.TooFewViews recipe.Views.Length
        for name, value, positive in Objective.numbers recipe.Objective do
            if not (finite value && value >= 0.0 && (value > 0.0 || not positive)) then
                if name = "temperature" then
                    RecipeError.BadTemperature value
                else
                    RecipeError.BadObjective (recipe.Objective, name, value)
        let known = Objective.mechanisms recipe.Objective |> List.map fst
        for mechanism in recipe.Avoid do
            if not (List.contains mechanism known) then
                RecipeError.MechanismWithoutTerm (mechanism, recipe.Objective)
        for part in Recipe.augmentations recipe |> List.distinct |> List.collect Augmentation.parts do
            match part with
            | Augmentation.Jigsaw _
            | Augmentation.PatchGrid _ -> RecipeError.TilesNeedPatches part
            | Augmentation.Lab
            | Augmentation.KeepChannels _ -> RecipeError.ChannelsChange part
            | _ -> ()
        match recipe.Encoder with
        | Encoder.ResNet ((18 | 34 | 50), _) -> ()
        | Encoder.ResNet (depth, _) -> RecipeError.UnknownDepth depth
        | Encoder.CompactResNet (widths, blocks) ->
            if widths.IsEmpty || List.exists (fun w -> w <= 0) widths || blocks <= 0 then
                RecipeError.BadWidths (widths, blocks)
        yield! headErrors recipe.Objective recipe.Projector
        if
            Schedule.values recipe.Optimizer.Rate
            |> List.exists (fun r -> not (finite r && r >= 0.0))
        then
            RecipeError.BadRate recipe.Optimizer.Rate
        if not (finite recipe.Optimizer.Decay && recipe.Optimizer.Decay >= 0.0) then
            RecipeError.BadDecay recipe.Optimizer.Decay
        match recipe.Optimizer.Rule with
        | Rule.Sgd momentum
        | Rule.Lars momentum when not (momentum >= 0.0 && momentum < 1.0) -> RecipeError.BadMomentum momentum
        | _ -> ()
        if recipe.Batch < 2 then
            RecipeError.BadBatch recipe.Batch
        if recipe.Epochs < 1<epoch> then
            RecipeError.BadEpochs recipe.Epochs
        let warm = Schedule.warmup recipe.Optimizer.Rate
        if warm < 0<epoch> || warm > recipe.Epochs then
            RecipeError.WarmupLongerThanRun (warm, recipe.Epochs)
        for protocol in recipe.Evaluate do
            match protocol with
            | Protocol.Knn (k, t) when k < 1 || not (finite t && t > 0.0) -> RecipeError.BadProtocol protocol
            | Protocol.Linear (d, n) when n < 1 || not (finite d && d >= 0.0) ->
                RecipeError.BadProtocol protocol
            | _ -> ()
    ]

    /// All errors that the recipe alone shows, in the order of its fields.
    let recipe recipe : RecipeError list =
        let augmentations = Recipe.augmentations recipe |> List.distinct
        let sizes =
            augmentations
            |> List.map (fun a ->
                let plan = Plan.ofAugmentation a
                match plan.Tiles, plan.Extent with
                | Some (_, side), _ -> Some side
                | None, Sized (h, _) -> Some h
                | None, _ -> None)
            |> List.distinct
        [
            yield! List.collect CheckView.errors augmentations
            match sizes with
            | a :: b :: _ -> RecipeError.ViewsDiffer (a, b)
            | _ -> ()
            yield! recipeErrors recipe
        ]

    /// All errors of the recipe on images of this shape.
    let onImages shape (r: Recipe) : RecipeError list = [
        yield! recipe r
        if r.Batch > shape.Images then
            RecipeError.BatchLargerThanSet (r.Batch, shape)
        for augmentation in Recipe.augmentations r |> List.distinct do
            yield! CheckView.onImages shape augmentation
        for protocol in r.Evaluate do
            match protocol with
            | Protocol.Knn (k, _) when k > shape.Images -> RecipeError.NeighboursMoreThanImages (k, shape)
            | _ -> ()
    ]
