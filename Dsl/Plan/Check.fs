namespace Vantage

/// The shape of the images of a set, where it is known before a run.
type ImageShape = { Images: int; Channels: int; Height: int<px>; Width: int<px> }

/// What can be wrong with a recipe, each with the value that is wrong.
[<RequireQualifiedAccess>]
type RecipeError =
    | NothingPreventsCollapse of Objective
    | TooFewViews of int
    | ShapeChangesByChance of Augmentation
    | TwoCrops of Augmentation
    | ViewsDiffer of int<px> option * int<px> option
    | BadProbability of float
    | BadDistribution of Augmentation * Distribution
    | StandardizeNotLast of Augmentation
    | BadStandardize of mean: float list * deviation: float list
    | BadCropSize of int<px>
    | CropLargerThanImage of int<px> * ImageShape
    | ChannelsDiffer of int * ImageShape
    | UnknownDepth of int
    | BadWidths of int list * blocks: int
    | EmptyHead
    | BadLayerWidth of int
    | HeadDoesNotEndLinear of Layer
    | NormalizesOneValue of Layer
    | BadTemperature of float
    | BadRate of Schedule
    | BadDecay of float
    | BadMomentum of float
    | BadBatch of int
    | BatchLargerThanSet of int * ImageShape
    | BadEpochs of int<epoch>
    | WarmupLongerThanRun of int<epoch> * int<epoch>
    | BadProtocol of Protocol
    | NeighboursMoreThanImages of int * ImageShape

/// Checks a recipe before anything is computed.
module Check =
    /// The error in words, with the remedy.
    let message error =
        match error with
        | RecipeError.NothingPreventsCollapse (Objective.NtXent _) ->
            "Nothing keeps this recipe from collapsing: without negatives the constant embedding minimises NT-Xent. \
             Add `repel inBatch` to Avoid, or pass --watch-collapse to see it collapse."
        | RecipeError.TooFewViews n -> $"The recipe has {n} views; NT-Xent compares 2. Use `globals 2 view`."
        | RecipeError.ShapeChangesByChance a ->
            $"{Print.augmentation a} sits inside `sometimes` or `anyOrder`: a view must have one size whatever is drawn. Move the crop out."
        | RecipeError.TwoCrops a -> $"{Print.augmentation a} is a second crop in one view; keep one."
        | RecipeError.ViewsDiffer (a, b) ->
            let say =
                Option.map (fun s -> $"{int s} px")
                >> Option.defaultValue "the image's own size"
            $"The views differ in size ({say a} and {say b}); views that share a forward pass have one size."
        | RecipeError.BadProbability p -> $"A probability of {p} is outside [0, 1]."
        | RecipeError.BadDistribution (a, d) ->
            $"{Print.distribution d} cannot be drawn for {Print.augmentation a}: ends must be finite, in order and in the operation's range."
        | RecipeError.StandardizeNotLast a ->
            $"{Print.augmentation a} must be the last step of its view, once: colours are changed in [0, 1]."
        | RecipeError.BadStandardize (mean, deviation) ->
            $"standardize %A{mean} %A{deviation}: one value or one for each channel in both, all finite, deviations positive."
        | RecipeError.BadCropSize size -> $"A crop to {int size} px has no pixels. Use at least 1<px>."
        | RecipeError.CropLargerThanImage (size, shape) ->
            $"A crop to {int size} px is larger than the images of {int shape.Height} x {int shape.Width} px. Use at most {int (min shape.Height shape.Width)}<px>."
        | RecipeError.ChannelsDiffer (n, shape) ->
            $"standardize has {n} values, the images have {shape.Channels} channels. Give one value, or {shape.Channels}."
        | RecipeError.UnknownDepth depth -> $"There is no ResNet-{depth} here; 18, 34 and 50 are built."
        | RecipeError.BadWidths (widths, blocks) ->
            $"compactResNet %A{widths} {blocks}: at least one stage, every width and the number of blocks positive."
        | RecipeError.EmptyHead -> "The projector has no layer. Use `head [ linear 128 ]` at least."
        | RecipeError.BadLayerWidth width ->
            $"A linear layer of width {width} gives no values; widths are positive."
        | RecipeError.HeadDoesNotEndLinear layer ->
            $"The projector ends with {Print.layer layer}, which does not set the width of an embedding. End it with `linear` or `batchNorm` after one."
        | RecipeError.NormalizesOneValue layer ->
            $"The embedding has width 1 after {Print.layer layer}: normalised, only its sign is left. Use a width of at least 2."
        | RecipeError.BadTemperature t ->
            $"A temperature of {t} is not positive and finite. SimCLR uses 0.1 to 1."
        | RecipeError.BadRate s -> $"The learning rate {Print.schedule s} is negative or not finite."
        | RecipeError.BadDecay d -> $"A weight decay of {d} is negative or not finite."
        | RecipeError.BadMomentum m -> $"A momentum of {m} is outside [0, 1)."
        | RecipeError.BadBatch b ->
            $"A batch of {b} has no negatives: each image needs another one beside it. Use at least 2."
        | RecipeError.BatchLargerThanSet (b, shape) ->
            $"A batch of {b} is larger than the {shape.Images} training images. Use --batch {shape.Images} or less."
        | RecipeError.BadEpochs e -> $"{int e} epochs: a run needs at least 1."
        | RecipeError.WarmupLongerThanRun (w, e) ->
            $"A warm-up of {int w} epochs does not fit a run of {int e}."
        | RecipeError.BadProtocol p ->
            $"{Print.protocol p}: every number must be positive and finite (decay may be 0)."
        | RecipeError.NeighboursMoreThanImages (k, shape) ->
            $"k-NN with {k} neighbours needs more than the {shape.Images} training images. Use k of at most {shape.Images}."

    let private finite (x: float) = System.Double.IsFinite x

    let private distributions =
        function
        | Augmentation.Crop (_, area, aspect) -> [ area, 0.0, 1.0, true; aspect, 0.0, infinity, true ]
        | Augmentation.Brightness d
        | Augmentation.Contrast d
        | Augmentation.Saturation d -> [ d, 0.0, infinity, false ]
        | Augmentation.Hue d -> [ d, -0.5, 0.5, false ]
        | Augmentation.Blur d -> [ d, 0.0, infinity, false ]
        | _ -> []

    let rec private insideChance =
        function
        | Augmentation.Sequence inner -> List.collect insideChance inner
        | Augmentation.AnyOrder inner -> inner |> List.collect Augmentation.parts
        | Augmentation.Sometimes (_, inner) -> Augmentation.parts inner
        | _ -> []

    let private isCrop =
        function
        | Augmentation.Crop _ -> true
        | _ -> false

    let private isStandardize =
        function
        | Augmentation.Standardize _ -> true
        | _ -> false

    let private augmentationErrors (augmentation: Augmentation) = [
        let parts = Augmentation.parts augmentation
        for part in parts do
            match part with
            | Augmentation.Sometimes (p, _) when not (p >= 0.0 && p <= 1.0) -> RecipeError.BadProbability p
            | Augmentation.Crop (size, _, _) when size <= 0<px> -> RecipeError.BadCropSize size
            | Augmentation.Standardize (mean, deviation) when
                mean.Length <> deviation.Length
                || mean.IsEmpty
                || not (List.forall finite mean)
                || not (List.forall (fun d -> finite d && d > 0.0) deviation)
                ->
                RecipeError.BadStandardize (mean, deviation)
            | _ -> ()
            for d, low, high, positive in distributions part do
                let a, b = Distribution.bounds d
                let logarithm =
                    match d with
                    | Distribution.LogUniform _ -> true
                    | _ -> false
                let belowRange = a < low || (positive && a <= low) || (logarithm && a <= 0.0)
                if not (finite a && finite b) || a > b || belowRange || b > high then
                    RecipeError.BadDistribution (part, d)
        for part in insideChance augmentation do
            if isCrop part then
                RecipeError.ShapeChangesByChance part
        match List.filter isCrop parts with
        | _ :: second :: _ -> RecipeError.TwoCrops second
        | _ -> ()
        let top =
            match augmentation with
            | Augmentation.Sequence steps -> steps
            | only -> [ only ]
        match List.filter isStandardize parts with
        | [] -> ()
        | [ one ] when isStandardize (List.last top) && List.last top = one -> ()
        | first :: _ -> RecipeError.StandardizeNotLast first
    ]

    let private headErrors (Head layers) = [
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
        | _, Some (Layer.Linear (1, _) as one) -> RecipeError.NormalizesOneValue one
        | _ -> ()
    ]

    let private recipeErrors recipe = [
        let (Objective.NtXent temperature) = recipe.Objective
        if recipe.Avoid.IsEmpty then
            RecipeError.NothingPreventsCollapse recipe.Objective
        if recipe.Views.Length <> 2 then
            RecipeError.TooFewViews recipe.Views.Length
        if not (finite temperature && temperature > 0.0) then
            RecipeError.BadTemperature temperature
        match recipe.Encoder with
        | Encoder.ResNet ((18 | 34 | 50), _) -> ()
        | Encoder.ResNet (depth, _) -> RecipeError.UnknownDepth depth
        | Encoder.CompactResNet (widths, blocks) ->
            if widths.IsEmpty || List.exists (fun w -> w <= 0) widths || blocks <= 0 then
                RecipeError.BadWidths (widths, blocks)
        yield! headErrors recipe.Projector
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
            |> List.map (fun a -> (Plan.ofAugmentation a).Size)
            |> List.distinct
        [
            yield! List.collect augmentationErrors augmentations
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
        for part in Recipe.augmentations r |> List.distinct |> List.collect Augmentation.parts do
            match part with
            | Augmentation.Crop (size, _, _) when size > min shape.Height shape.Width ->
                RecipeError.CropLargerThanImage (size, shape)
            | Augmentation.Standardize (mean, _) when mean.Length > 1 && mean.Length <> shape.Channels ->
                RecipeError.ChannelsDiffer (mean.Length, shape)
            | _ -> ()
        for protocol in r.Evaluate do
            match protocol with
            | Protocol.Knn (k, _) when k > shape.Images -> RecipeError.NeighboursMoreThanImages (k, shape)
            | _ -> ()
    ]
