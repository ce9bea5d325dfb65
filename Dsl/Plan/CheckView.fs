namespace Vantage

/// Checks the augmentation of a view.
module CheckView =
    let private finite (x: float) = System.Double.IsFinite x

    let private isStandardize =
        function
        | Augmentation.Standardize _ -> true
        | _ -> false

    let private isTiles =
        function
        | Augmentation.Jigsaw _
        | Augmentation.PatchGrid _ -> true
        | _ -> false

    let private isCrop =
        function
        | Augmentation.Crop _ -> true
        | _ -> false

    /// What must happen to every image or to none, because it changes the view's shape or what its channels mean.
    let private changesShape step =
        Extent.changes step
        || isTiles step
        || match step with
           | Augmentation.Lab
           | Augmentation.KeepChannels _ -> true
           | _ -> false

    let rec private byChance =
        function
        | Augmentation.Sequence inner -> List.collect byChance inner
        | step -> Augmentation.inside step |> List.collect Augmentation.parts

    let private bad (d: Distribution) (low, high, open') =
        let first, last = Distribution.bounds d
        let logarithm =
            match d with
            | Distribution.LogUniform _ -> true
            | _ -> false
        not (finite first && finite last)
        || first > last
        || first < low
        || (open' && first <= low)
        || (logarithm && first <= 0.0)
        || last > high

    let private number low high value part = [
        if value < low || value > high then
            RecipeError.BadNumber (part, low, high)
    ]

    let private pixels sizes part = [
        if List.exists (fun size -> size <= 0<px>) sizes then
            RecipeError.BadPixels part
    ]

    let private value x part = [
        if not (x >= 0.0 && x <= 1.0) then
            RecipeError.BadValue (part, x)
    ]

    /// Errors that one step shows alone.
    let private alone part = [
        match part with
        | Augmentation.Sometimes (p, _) when not (p >= 0.0 && p <= 1.0) -> RecipeError.BadProbability p
        | Augmentation.OneOf []
        | Augmentation.AnyOrder []
        | Augmentation.Pick (_, []) -> RecipeError.EmptyChoice part
        | Augmentation.OneOf choices ->
            let weights = List.map fst choices
            if
                not (List.forall (fun w -> finite w && w >= 0.0) weights)
                || not (List.sum weights > 0.0)
            then
                RecipeError.BadWeights weights
        | Augmentation.Pick (count, steps) when count < 0 || count > steps.Length ->
            RecipeError.BadPick (count, steps.Length)
        | Augmentation.Crop (size, _, _, _) when size <= 0<px> -> RecipeError.BadCropSize size
        | Augmentation.CenterCrop size
        | Augmentation.Resize (size, _) -> yield! pixels [ size ] part
        | Augmentation.Cutout (side, x) ->
            yield! pixels [ side ] part
            yield! value x part
        | Augmentation.RandomErasing (_, _, x) -> yield! value x part
        | Augmentation.Affine warp -> yield! value warp.Fill part
        | Augmentation.DropChannels n -> yield! number 1 2 n part
        | Augmentation.Posterize n -> yield! number 1 8 n part
        | Augmentation.Blur (_, Some taps) when taps < 1 || taps % 2 = 0 ->
            RecipeError.BadNumber (part, 1, System.Int32.MaxValue)
        | Augmentation.MaskPatches (patch, _, shape) ->
            yield! pixels [ patch ] part
            match shape with
            | MaskShape.Blocks smallest -> yield! number 1 (1 <<< 20) smallest part
            | MaskShape.Scattered -> ()
        | Augmentation.Jigsaw (n, patch) ->
            yield! pixels [ patch ] part
            yield! number 1 64 n part
        | Augmentation.PatchGrid (patch, stride) -> yield! pixels [ patch; stride ] part
        | Augmentation.KeepChannels (first, count) ->
            yield! number 0 (1 <<< 20) first part
            yield! number 1 (1 <<< 20) count part
        | Augmentation.Standardize (mean, deviation) when
            mean.Length <> deviation.Length
            || mean.IsEmpty
            || not (List.forall finite mean)
            || not (List.forall (fun d -> finite d && d > 0.0) deviation)
            ->
            RecipeError.BadStandardize (mean, deviation)
        | _ -> ()
        for d, range in Augmentation.distributions part do
            if bad d range then
                RecipeError.BadDistribution (part, d)
    ]

    let private top augmentation =
        match augmentation with
        | Augmentation.Sequence steps -> steps
        | only -> [ only ]

    /// Errors of steps that depend on the size at their place.
    let private placed augmentation = [
        let mutable extent = Stored
        let fits part ok =
            match extent with
            | Sized (h, w) when not (ok (h, w)) -> [ RecipeError.GridDoesNotFit (part, h, w) ]
            | Sized _ -> []
            | _ -> [ RecipeError.PatchesNeedSize part ]
        for step in top augmentation do
            for part in Augmentation.parts step do
                match part with
                | Augmentation.MaskPatches (patch, _, _) when patch > 0<px> ->
                    yield! fits part (fun (h, w) -> h % patch = 0<px> && w % patch = 0<px>)
                | Augmentation.Jigsaw (n, patch) when n > 0 && patch > 0<px> ->
                    yield!
                        fits part (fun (h, w) ->
                            h / n >= patch && w / n >= patch && int h % n = 0 && int w % n = 0)
                | Augmentation.PatchGrid (patch, stride) when patch > 0<px> && stride > 0<px> ->
                    yield!
                        fits part (fun (h, w) ->
                            h >= patch
                            && w >= patch
                            && (h - patch) % stride = 0<px>
                            && (w - patch) % stride = 0<px>)
                | _ -> ()
            extent <- Extent.after extent step
        match extent, List.tryFindBack Extent.changes (top augmentation) with
        | Shorter _, Some step -> RecipeError.SizeDependsOnImage step
        | _ -> ()
    ]

    /// All errors that a view alone shows.
    let errors (augmentation: Augmentation) : RecipeError list = [
        let parts = Augmentation.parts augmentation
        yield! List.collect alone parts
        for part in byChance augmentation do
            if changesShape part then
                RecipeError.ShapeChangesByChance part
        yield! placed augmentation
        match List.filter isCrop parts with
        | _ :: second :: _ -> RecipeError.TwoCrops second
        | _ -> ()
        let steps = top augmentation
        match List.filter isStandardize parts with
        | [] -> ()
        | [ one ] when isStandardize (List.last steps) && List.last steps = one -> ()
        | first :: _ -> RecipeError.StandardizeNotLast first
        match List.filter isTiles parts, steps |> List.filter (isStandardize >> not) |> List.tryLast with
        | [], _ -> ()
        | [ one ], Some last when one = last -> ()
        | first :: _, _ -> RecipeError.TilesNotLast first
        let sites = (Plan.ofAugmentation augmentation).Sites
        if sites > Plan.mostSites then
            RecipeError.TooManySites sites
    ]

    /// All errors of a view of images of this shape.
    let onImages (shape: ImageShape) (augmentation: Augmentation) : RecipeError list = [
        for part in Augmentation.parts augmentation do
            match part with
            | Augmentation.Standardize (mean, _) when
                let channels =
                    (Plan.ofAugmentation augmentation).Channels
                    |> Option.defaultValue shape.Channels
                mean.Length > 1 && mean.Length <> channels
                ->
                RecipeError.ChannelsDiffer (mean.Length, shape)
            | Augmentation.Lab
            | Augmentation.DropChannels _
            | Augmentation.ShuffleChannels when shape.Channels <> 3 -> RecipeError.NeedsRgb (part, shape)
            | Augmentation.KeepChannels (first, count) when first + count > shape.Channels ->
                RecipeError.NoSuchChannels (part, shape)
            | _ -> ()
        let mutable extent = Sized (shape.Height, shape.Width)
        let mutable known = Stored
        for step in top augmentation do
            for part in Augmentation.parts step do
                match part, extent with
                | Augmentation.QuarterTurns n, Sized (h, w) when n % 2 <> 0 && h <> w && known = Stored ->
                    RecipeError.TurnsUneven (part, shape)
                | Augmentation.Crop (size, _, _, _), Sized (h, w) when known = Stored && size > min h w ->
                    RecipeError.CropLargerThanImage (size, shape)
                | Augmentation.CenterCrop size, Sized (h, w) when size > min h w ->
                    RecipeError.CropLargerThanImage (size, shape)
                | Augmentation.CenterCrop size, Shorter side when size > side ->
                    RecipeError.CropLargerThanImage (size, { shape with Height = side; Width = side })
                | _ -> ()
            extent <- Extent.after extent step
            known <- Extent.after known step
    ]
