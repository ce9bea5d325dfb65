namespace Vantage

/// Checks a recipe before anything is computed.
module Check =
    /// The error in words, with the remedy.
    let message error = RecipeError.message error

    let private finite (x: float) = System.Double.IsFinite x

    let rec private ruleErrors =
        function
        | Rule.Sgd momentum
        | Rule.Lars momentum when not (momentum >= 0.0 && momentum < 1.0) -> [
            RecipeError.BadMomentum momentum
          ]
        | Rule.Adam (first, second) -> [
            for momentum in [ first; second ] do
                if not (momentum >= 0.0 && momentum < 1.0) then
                    RecipeError.BadMomentum momentum
          ]
        | Rule.Clipped (length, inner) -> [
            if not (finite length && length > 0.0) then
                RecipeError.BadClip length
            yield! ruleErrors inner
          ]
        | Rule.Accumulated (_, inner) -> ruleErrors inner
        | _ -> []

    let private headErrors objective (Head layers) = [
        for layer in layers do
            match layer with
            | Layer.Linear (width, _) when width <= 0 -> RecipeError.BadLayerWidth width
            | Layer.Dropout p when not (p >= 0.0 && p < 1.0) -> RecipeError.BadDropout p
            | _ -> ()
        let last =
            layers
            |> List.tryFindBack (function
                | Layer.Linear _ -> true
                | _ -> false)
        match List.tryLast layers, last with
        | None, _ -> RecipeError.EmptyHead
        | Some (Layer.Relu | Layer.Gelu | Layer.Dropout _ as layer), _ ->
            RecipeError.HeadDoesNotEndLinear layer
        | Some layer, None -> RecipeError.HeadDoesNotEndLinear layer
        | _, Some (Layer.Linear (1, _) as one) when Objective.normalizes objective ->
            RecipeError.NormalizesOneValue one
        | _ -> ()
    ]

    let private numbersOf mechanism = [
        match mechanism with
        | Mechanism.Repel (Negatives.Queue length) -> "length", float length, length >= 1
        | Mechanism.Repel (Negatives.Bank (noise, momentum)) ->
            "noise", float noise, noise >= 0
            "momentum", momentum, momentum >= 0.0 && momentum <= 1.0
        | Mechanism.Repel (Negatives.BankSum (noise, momentum)) ->
            "noise", float noise, noise >= 1
            "momentum", momentum, momentum >= 0.0 && momentum <= 1.0
        | Mechanism.Predict (_, PredictorRate.Times factor) -> "factor of its rate", factor, factor >= 0.0
        | Mechanism.MomentumTarget schedule ->
            for m in Schedule.values schedule do
                "momentum", m, m >= 0.0 && m <= 1.0
        | Mechanism.Centre momentum -> "momentum", momentum, momentum >= 0.0 && momentum <= 1.0
        | Mechanism.Sharpen temperature -> "temperature", temperature, temperature > 0.0
        | Mechanism.Balance (epsilon, iterations) ->
            "entropy weight", epsilon, epsilon > 0.0
            "number of iterations", float iterations, iterations >= 1
        | Mechanism.BalanceOver (length, from) ->
            "length", float length, length >= 1
            "first epoch", float from, from >= 0<epoch>
        | Mechanism.Relabel (Labelling.KMeans iterations) ->
            "number of iterations", float iterations, iterations >= 1
        | Mechanism.Relabel (Labelling.Transport (epsilon, iterations)) ->
            "entropy weight", epsilon, epsilon > 0.0
            "number of iterations", float iterations, iterations >= 1
        | Mechanism.KeepApart weight
        | Mechanism.StayNear weight
        | Mechanism.MeanEntropy weight -> "weight", weight, weight >= 0.0
        | Mechanism.Whiten (size, epsilon) ->
            "number of images", float size, size >= 2
            "share of the identity", epsilon, epsilon >= 0.0 && epsilon <= 1.0
        | _ -> ()
    ]

    let private pieces (recipe: Recipe) = [
        let rule, passes = recipe.Optimizer.Rule, recipe.Passes
        let fits pieces images = pieces >= 1 && images % pieces = 0 && (pieces = 1 || images / pieces >= 2)
        if recipe.Batch >= 2 then
            let accumulated, cached = Rule.pieces rule, Passes.pieces passes
            if not (fits accumulated recipe.Batch) then
                RecipeError.BadPieces (accumulated, recipe.Batch)
            elif not (fits cached (Recipe.compared recipe)) then
                RecipeError.BadPieces (cached, Recipe.compared recipe)
        match passes with
        | Passes.InPieces (_, Passes.InPieces _) -> RecipeError.PiecesWithin passes
        | _ -> ()
        if Rule.pieces rule > 1 && Objective.labelledBeside recipe.Objective > 0 then
            RecipeError.PiecesOfLabelled rule
        match passes with
        | Passes.InPieces _ when not (Recipe.comparesViews recipe) ->
            RecipeError.PiecesNotOfViews (passes, recipe.Objective)
        | _ -> ()
    ]

    let private avoidErrors (recipe: Recipe) = [
        if not (Collapse.prevented recipe.Objective recipe.Avoid) then
            RecipeError.NothingPreventsCollapse recipe.Objective
        for mechanism in recipe.Avoid do
            match mechanism with
            | Mechanism.StopGradient when (Mechanism.momentum recipe.Avoid).IsSome ->
                let target = recipe.Avoid |> List.find (fun m -> Mechanism.kind m = "momentumTarget")
                RecipeError.TargetTwice target
            | Mechanism.Balance _
            | Mechanism.BalanceOver _
            | Mechanism.Sharpen _
            | Mechanism.MomentumTarget _ when (Mechanism.labelling recipe.Avoid).IsSome ->
                RecipeError.LabelledTwice mechanism
            | _ when not (Objective.understands recipe.Objective mechanism) ->
                RecipeError.MechanismWithoutTerm (mechanism, recipe.Objective)
            | Mechanism.StayNear _ when
                (match Mechanism.negatives recipe.Avoid with
                 | Some (Negatives.Bank _ | Negatives.BankSum _) -> false
                 | _ -> true)
                ->
                RecipeError.MechanismWithoutTerm (mechanism, recipe.Objective)
            | Mechanism.BalanceOver _ when (Mechanism.balance recipe.Avoid).IsNone ->
                RecipeError.NothingBalanced mechanism
            | _ -> ()
            for name, value, good in numbersOf mechanism do
                if not (good && finite value) then
                    RecipeError.BadMechanism (mechanism, name, value)
        for _, alike in List.groupBy Mechanism.kind recipe.Avoid do
            match alike with
            | a :: b :: _ -> RecipeError.TwoOfAKind (a, b)
            | _ -> ()
        for mechanism in recipe.Avoid do
            match mechanism with
            | Mechanism.Repel (Negatives.Queue length)
            | Mechanism.BalanceOver (length, _) when
                length >= 1
                && recipe.Batch >= 1
                && (length < recipe.Batch || length % recipe.Batch <> 0)
                ->
                RecipeError.QueueDoesNotFit (length, recipe.Batch)
            | _ -> ()
        match Mechanism.whitening recipe.Avoid, Head.width recipe.Projector with
        | Some (size, epsilon), Some width when
            size >= 2
            && recipe.Batch >= 1
            && (Recipe.compared recipe % size <> 0 || epsilon = 0.0 && size <= width)
            ->
            RecipeError.WhiteningDoesNotFit (size, Recipe.compared recipe, width)
        | _ -> ()
        match Mechanism.predictor recipe.Avoid with
        | Some (layers, _) ->
            yield! headErrors recipe.Objective layers
            match Head.width layers, Head.width recipe.Projector with
            | Some predictor, Some embedding when predictor <> embedding ->
                RecipeError.PredictorDoesNotFit (predictor, embedding)
            | _ -> ()
        | None -> ()
        match Objective.prototypes recipe.Objective with
        | Some p when p.Count < 2 || p.Frozen < 0<epoch> || p.Sets < 1 -> RecipeError.BadPrototypes p
        | Some p when p.Sets > 1 && not (Objective.severalSets recipe.Objective) ->
            RecipeError.SeveralSets recipe.Objective
        | _ -> ()
    ]

    let private recipeErrors recipe = [
        yield! avoidErrors recipe
        let globals = Recipe.globals recipe |> List.length
        let least =
            match Mechanism.negatives recipe.Avoid with
            | Some (Negatives.Bank _ | Negatives.BankSum _) -> 1
            | _ -> Objective.leastViews recipe.Objective
        if recipe.Views.Length * Encoder.towers recipe.Encoder < least then
            RecipeError.TooFewViews recipe.Views.Length
        elif globals = 0 then
            RecipeError.NoGlobalView
        let unscaled =
            match recipe.Objective with
            | Objective.Scaled (_, inner) -> inner
            | other -> other
        match Objective.inner unscaled with
        | Objective.NtXent _
        | Objective.Decoupled _
        | Objective.NtLogistic _
        | Objective.MarginTriplet _
        | Objective.InfoNce _
        | Objective.SupCon _ when not (Objective.scaledInside unscaled) -> ()
        | _ when Objective.scaledInside recipe.Objective -> RecipeError.NothingScaled recipe.Objective
        | _ -> ()
        match unscaled with
        | Objective.Raw (Objective.NtXent _ | Objective.Decoupled _ | Objective.NtLogistic _ | Objective.MarginTriplet _ | Objective.InfoNce _ | Objective.SupCon _) ->
            ()
        | Objective.Raw inner when not (Objective.inBFloat16 inner || Objective.scaledInside inner) ->
            RecipeError.NothingRaw inner
        | _ -> ()
        match unscaled with
        | Objective.BFloat16 (Objective.NtXent _ | Objective.InfoNce _ | Objective.Raw (Objective.NtXent _ | Objective.InfoNce _)) ->
            match Mechanism.negatives recipe.Avoid with
            | Some (Negatives.Bank (noise, _) | Negatives.BankSum (noise, _)) when noise > 0 ->
                RecipeError.NothingInBFloat16 recipe.Objective
            | _ -> ()
        | other when Objective.inBFloat16 other -> RecipeError.NothingInBFloat16 other
        | _ -> ()
        for name, value, positive in ObjectiveNumbers.all recipe.Objective do
            if not (finite value && value >= 0.0 && (value > 0.0 || not positive)) then
                if name = "temperature" then
                    RecipeError.BadTemperature value
                else
                    RecipeError.BadObjective (recipe.Objective, name, value)
        yield! CheckNetwork.errors recipe
        yield! headErrors recipe.Objective recipe.Projector
        if
            Schedule.values recipe.Optimizer.Rate
            |> List.exists (fun r -> not (finite r && r >= 0.0))
        then
            RecipeError.BadRate recipe.Optimizer.Rate
        if not (finite recipe.Optimizer.Decay && recipe.Optimizer.Decay >= 0.0) then
            RecipeError.BadDecay recipe.Optimizer.Decay
        yield! ruleErrors recipe.Optimizer.Rule
        yield! pieces recipe
        if recipe.Batch < 2 then
            RecipeError.BadBatch recipe.Batch
        if recipe.Epochs < 1<epoch> then
            RecipeError.BadEpochs recipe.Epochs
        let warm = Schedule.warmup recipe.Optimizer.Rate
        if warm < 0<epoch> || warm > recipe.Epochs then
            RecipeError.WarmupLongerThanRun (warm, recipe.Epochs)
        let share = Schedule.warmupShare recipe.Optimizer.Rate
        if not (share >= 0.0 && share < 1.0) then
            RecipeError.BadWarmupShare share
        yield! CheckProtocol.errors recipe
    ]

    /// The sizes of these views, where they differ; tiles go through the network by themselves.
    let private sizes (augmentations: Augmentation list) =
        augmentations
        |> List.filter (fun a -> (Plan.ofAugmentation a).Tiles.IsNone)
        |> List.map (fun a ->
            match (Plan.ofAugmentation a).Extent with
            | Sized (h, _) -> Some h
            | _ -> None)
        |> List.distinct

    /// All errors that the recipe alone shows, in the order of its fields.
    let recipe recipe : RecipeError list =
        let augmentations = Recipe.augmentations recipe |> List.distinct
        [
            yield! List.collect CheckView.errors augmentations
            for views in [ Recipe.globals recipe; Recipe.locals recipe ] do
                match sizes views with
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
        yield! CheckNetwork.onImages shape r
        yield! r.Evaluate |> List.collect (CheckProtocol.onImages shape)
    ]
