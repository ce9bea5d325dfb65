namespace Vantage

/// Checks how encoder, projector, views and objective of a recipe go together.
module CheckNetwork =
    let private finite (x: float) = System.Double.IsFinite x

    let rec private encoder it = [
        match it with
        | Encoder.ResNet it ->
            match it.Depth with
            | 18
            | 34
            | 50
            | 101
            | 152
            | 200 -> ()
            | other -> RecipeError.UnknownDepth other
            if it.Width < 1 then
                RecipeError.BadResNet (it, "width", float it.Width)
            match it.Selective with
            | Some ratio when not (finite ratio && ratio > 0.0) -> RecipeError.BadResNet (it, "ratio", ratio)
            | Some _ when it.Depth < 50 -> RecipeError.NotSelective it.Depth
            | _ -> ()
        | Encoder.ViT it ->
            if it.Image < 1<px> || it.Patch < 1<px> || it.Image % it.Patch <> 0<px> then
                RecipeError.PatchesDoNotFit (it.Image, it.Patch)
            if
                it.Heads < 1
                || it.Width < 4
                || it.Width % it.Heads <> 0
                || it.Width % 4 <> 0
                || it.Depth < 1
            then
                RecipeError.BadTransformer it
            if not (it.DropPath >= 0.0 && it.DropPath < 1.0) then
                RecipeError.BadDropout it.DropPath
            if not (it.Dropped >= 0.0 && it.Dropped < 1.0) then
                RecipeError.BadDropout it.Dropped
        | Encoder.CompactResNet (widths, blocks) ->
            if widths.IsEmpty || List.exists (fun w -> w <= 0) widths || blocks <= 0 then
                RecipeError.BadWidths (widths, blocks)
        | Encoder.PatchResNet (patch, widths, blocks) ->
            if widths.IsEmpty || List.exists (fun w -> w <= 0) widths || blocks <= 0 then
                RecipeError.BadWidths (widths, blocks)
            if patch < 2<px> || patch % 2<px> <> 0<px> then
                RecipeError.EncoderDoesNotFit (it, "patches of 2, 4, 6 ... px: half of one overlaps")
        | Encoder.LayerNormed inner ->
            if not (Encoder.isResidual inner) then
                RecipeError.EncoderDoesNotFit (
                    it,
                    "a residual network inside; others have layer norm already"
                )
            yield! encoder inner
        | Encoder.Patchwise (patch, stride, inner) ->
            if patch < 1<px> || stride < 1<px> then
                RecipeError.EncoderDoesNotFit (it, "patches and strides of at least 1<px>")
            match inner with
            | Encoder.Patchwise _
            | Encoder.Split _
            | Encoder.Continued _ ->
                RecipeError.EncoderDoesNotFit (
                    it,
                    "a plain encoder inside: patches of patches have no meaning here"
                )
            | _ when Encoder.normsOverBatch inner -> RecipeError.NormOverPatches inner
            | _ -> ()
            yield! encoder inner
        | Encoder.Split (groups, inner) ->
            if groups.Length < 2 || List.exists (fun g -> g < 1) groups then
                RecipeError.EncoderDoesNotFit (it, "two groups or more of at least one channel each")
            match inner with
            | Encoder.Split _
            | Encoder.Continued _ ->
                RecipeError.EncoderDoesNotFit (
                    it,
                    "an encoder inside that does not split again and starts anew"
                )
            | _ -> ()
            yield! encoder inner
        | Encoder.Continued (run, layers) ->
            let kept = Encoder.kept run layers
            if layers < 0 || kept.Length <> layers || List.contains Layer.JoinTiles kept then
                RecipeError.NoSuchLayers (run, layers)
            match run.Encoder with
            | Encoder.Patchwise _
            | Encoder.Split _
            | Encoder.Continued _ ->
                RecipeError.EncoderDoesNotFit (
                    it,
                    "the run of an encoder that sees whole images and has no other run inside"
                )
            | _ -> ()
            yield! encoder run.Encoder
    ]

    let private isJoin layer = layer = Layer.JoinTiles

    let private tilesOf augmentation =
        Augmentation.parts augmentation
        |> List.find (function
            | Augmentation.Jigsaw _
            | Augmentation.PatchGrid _ -> true
            | _ -> false)

    // Views of tiles need a projector that joins them, all of them as many; and a projector that joins needs tiles.
    let private tiles (recipe: Recipe) = [
        let (Head layers) = recipe.Projector
        let cut =
            Recipe.augmentations recipe
            |> List.distinct
            |> List.choose (fun a -> (Plan.ofAugmentation a).Tiles |> Option.map (fun (count, _) -> a, count))
        match cut, layers |> List.filter isJoin with
        | [], [] -> ()
        | [], _ -> RecipeError.NothingToJoin
        | (a, _) :: _, [] -> RecipeError.TilesNotJoined (tilesOf a)
        | (_, count) :: rest, joins ->
            if joins.Length > 1 then
                RecipeError.NothingToJoin
            for _, other in rest do
                if other <> count then
                    RecipeError.TilesDiffer (count, other)
        match Mechanism.predictor recipe.Avoid with
        | Some (Head predictor, _) when List.exists isJoin predictor -> RecipeError.NothingToJoin
        | _ -> ()
        match cut, recipe.Objective with
        | [],
          (Objective.PredictAhead _ | Objective.LocalGlobal _ | Objective.Restore _ | Objective.RestoreNoised _ | Objective.BiGan _) when
            Recipe.locals recipe <> []
            ->
            RecipeError.NoLocals recipe.Objective
        | (a, _) :: _,
          (Objective.PredictAhead _ | Objective.LocalGlobal _ | Objective.Restore _ | Objective.RestoreNoised _ | Objective.BiGan _) ->
            RecipeError.EncoderDoesNotFit (
                recipe.Encoder,
                $"whole images under {Objective.name recipe.Objective}, not {Print.augmentation (tilesOf a)}"
            )
        | _ -> ()
    ]

    // Channels mean the same in every view: the encoder is one.
    let private channels (recipe: Recipe) = [
        match
            Recipe.augmentations recipe
            |> List.map Augmentation.channelSteps
            |> List.distinct
        with
        | _ :: _ :: _ as several -> RecipeError.ChannelsChange (several |> List.collect id |> List.head)
        | _ -> ()
    ]

    let private places (recipe: Recipe) = [
        match Objective.hidden recipe.Objective, recipe.Encoder with
        | Some hidden, Encoder.ViT _ ->
            let ends = [ Distribution.at 0.0 hidden.Share; Distribution.at 1.0 hidden.Share ]
            for share in ends do
                if not (share >= 0.0 && share <= 1.0) then
                    RecipeError.BadObjective (recipe.Objective, "share", share)
            if not (hidden.Probability <= 1.0) then
                RecipeError.BadProbability hidden.Probability
        | Some _, _ -> RecipeError.HidesNothing recipe.Encoder
        | None, _ -> ()
        match recipe.Objective, recipe.Encoder with
        | Objective.PredictAhead _, Encoder.Patchwise _ -> ()
        | Objective.PredictAhead _, other ->
            RecipeError.EncoderDoesNotFit (
                other,
                "patches of the image, each seen alone, for CPC: `patchwise 8<px> 4<px> (...)`"
            )
        | (Objective.Restore (_, r) | Objective.RestoreNoised (_, r)), Encoder.ViT _ ->
            if r.Heads >= 1 && (r.Width % r.Heads <> 0 || r.Width % 4 <> 0) then
                RecipeError.EncoderDoesNotFit (
                    recipe.Encoder,
                    $"a decoder whose width, {r.Width}, is a multiple of its {r.Heads} heads and of 4"
                )
        | (Objective.Restore _ | Objective.RestoreNoised _), other ->
            RecipeError.EncoderDoesNotFit (
                other,
                "a transformer, which CAN hides patches from: `vitCompact 28<px> 4<px>`"
            )
        | Objective.LocalGlobal _, other when not (Encoder.hasScales other) ->
            RecipeError.EncoderDoesNotFit (
                other,
                "a residual network of two stages or more, whose last two maps AMDIM compares"
            )
        | Objective.InfoNce (_, bothWays), (Encoder.Split _ as split) when
            (match Mechanism.negatives recipe.Avoid with
             | Some (Negatives.Bank _ | Negatives.BankSum _) -> false
             | Some (Negatives.Queue _) -> true
             | _ -> not bothWays)
            ->
            RecipeError.EncoderDoesNotFit (
                split,
                "a bank for each group of channels, `repel (bank 0.5)`, or both ways among the batch: one queue would mix the groups, and one way only the first would learn"
            )
        | Objective.BiGan _, (Encoder.Split _ | Encoder.Patchwise _ as other) ->
            RecipeError.EncoderDoesNotFit (
                other,
                "one encoder of whole images: a discriminator sees all of their channels at once"
            )
        | Objective.BiGan _, _ when
            Recipe.globals recipe
            |> List.exists (fun a -> not (Plan.ofAugmentation a).Extent.IsSized)
            ->
            RecipeError.BadObjective (
                recipe.Objective,
                "side of the views to be made, which a step like `crop 28<px> (between 0.2 1.0)` sets,",
                0.0
            )
        | Objective.Classify _, (Encoder.Split _ as split) ->
            RecipeError.EncoderDoesNotFit (
                split,
                "an objective that compares views; a classifier has one projector"
            )
        | _ -> ()
    ]

    /// All errors that the recipe alone shows.
    let errors (recipe: Recipe) : RecipeError list = [
        yield! tiles recipe
        yield! channels recipe
        yield! places recipe
        yield! encoder recipe.Encoder
        for run in Objective.teachers recipe.Objective do
            yield! encoder run.Encoder
            match run.Encoder, Head.width run.Projector, Head.width recipe.Projector with
            | Encoder.Split _, _, _ ->
                RecipeError.EncoderDoesNotFit (
                    run.Encoder,
                    "a teacher that is a classifier, with one projector"
                )
            | _, logits, Some student when logits <> Some student ->
                RecipeError.TeacherDoesNotFit (run, Option.defaultValue 0 logits, student)
            | _ -> ()
    ]

    /// All errors of the recipe on images of this shape.
    let onImages (shape: ImageShape) (recipe: Recipe) : RecipeError list = [
        for augmentation in Recipe.augmentations recipe |> List.distinct do
            let plan = Plan.ofAugmentation augmentation
            let size =
                match plan.Extent with
                | Sized (h, w) -> h, w
                | _ -> shape.Height, shape.Width
            match recipe.Encoder with
            | Encoder.Patchwise (patch, stride, _) when patch >= 1<px> && stride >= 1<px> ->
                let rows, columns = Extent.grid patch stride size
                let most =
                    match recipe.Objective with
                    | Objective.PredictAhead ahead when ahead.Directions = 4 -> min rows columns
                    | _ -> rows
                if rows < 1 || columns < 1 then
                    RecipeError.PatchesDoNotFit (fst size, patch)
                match recipe.Objective with
                | Objective.PredictAhead ahead when ahead.Last >= most ->
                    RecipeError.NothingAhead (ahead.Last, most)
                | _ -> ()
            | Encoder.Split (groups, _) ->
                let channels = Option.defaultValue shape.Channels plan.Channels
                if List.sum groups <> channels then
                    RecipeError.ChannelsDoNotSplit (groups, channels)
            | _ -> ()
    ]
