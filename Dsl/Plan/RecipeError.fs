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
    | EmptyChoice of Augmentation
    | BadWeights of float list
    | BadPick of count: int * steps: int
    | BadNumber of Augmentation * low: int * high: int
    | BadPixels of Augmentation
    | BadValue of Augmentation * float
    | SizeDependsOnImage of Augmentation
    | PatchesNeedSize of Augmentation
    | GridDoesNotFit of Augmentation * height: int<px> * width: int<px>
    | TilesNotLast of Augmentation
    | NeedsRgb of Augmentation * ImageShape
    | NoSuchChannels of Augmentation * ImageShape
    | TurnsUneven of Augmentation * ImageShape
    | TooManySites of int
    | BadStandardize of mean: float list * deviation: float list
    | BadCropSize of int<px>
    | CropLargerThanImage of int<px> * ImageShape
    | ChannelsDiffer of int * ImageShape
    | UnknownDepth of int
    | BadResNet of ResNet * number: string * float
    | NotSelective of depth: int
    | HidesNothing of Encoder
    | PatchesDoNotFit of image: int<px> * patch: int<px>
    | BadTransformer of ViT
    | BadWidths of int list * blocks: int
    | EmptyHead
    | BadLayerWidth of int
    | HeadDoesNotEndLinear of Layer
    | NormalizesOneValue of Layer
    | BadTemperature of float
    | BadRate of Schedule
    | BadDecay of float
    | BadMomentum of float
    | BadClip of float
    | BadPieces of pieces: int * images: int
    | PiecesWithin of Passes
    | PiecesOfLabelled of Rule
    | PiecesNotOfViews of Passes * Objective
    | BadBatch of int
    | BatchLargerThanSet of int * ImageShape
    | BadEpochs of int<epoch>
    | WarmupLongerThanRun of int<epoch> * int<epoch>
    | BadWarmupShare of float
    | BadProtocol of Protocol
    | ProtocolDoesNotFit of Protocol * inner: Protocol
    | FineTuneKeepsTooMuch of Protocol * layers: int
    | TransformationNeedsColour of Protocol * channels: int
    | ProtocolTwice of name: string
    | ProbeBatchLargerThanSet of Protocol * images: int
    | NeighboursMoreThanImages of int * ImageShape
    | BadObjective of Objective * number: string * float
    | MechanismWithoutTerm of Mechanism * Objective
    | TilesNotJoined of Augmentation
    | NothingToJoin
    | TilesDiffer of int * int
    | EncoderDoesNotFit of Encoder * needs: string
    | NormOverPatches of Encoder
    | NothingAhead of last: int * rows: int
    | NoLocals of Objective
    | ChannelsDoNotSplit of int list * channels: int
    | ChannelsChange of Augmentation
    | TwoOfAKind of Mechanism * Mechanism
    | BadMechanism of Mechanism * number: string * float
    | TargetTwice of Mechanism
    | QueueDoesNotFit of queue: int * batch: int
    | PredictorDoesNotFit of predictor: int * embedding: int
    | BadPrototypes of Prototypes
    | NoGlobalView
    | BadDropout of float
    | NothingRaw of Objective
    | NothingInBFloat16 of Objective
    | NothingScaled of Objective
    | LabelledTwice of Mechanism
    | NothingBalanced of Mechanism
    | TeacherDoesNotFit of Trained * logits: int * student: int
    | NoSuchLayers of Trained * layers: int
    | SeveralSets of Objective
    | NoClassifier of Objective
    | WhiteningDoesNotFit of size: int * batch: int * embedding: int

/// What is wrong, in words.
module RecipeError =
    let private words (between: string) objective =
        let quoted = Objective.advice objective |> List.map (fun word -> $"`{word}`")
        System.String.Join (between, List.toArray quoted)

    /// The error in words, with the remedy.
    let message error =
        match error with
        | RecipeError.NothingPreventsCollapse objective ->
            let list = words " and " objective
            $"Nothing keeps this recipe from collapsing: what is left of {Objective.name objective} is least, or as small as can be, for the constant embedding. \
             Add {list} to Avoid, or pass --watch-collapse to see it collapse."
        | RecipeError.BadObjective (objective, name, value) ->
            $"{Print.objective objective}: the {name} is {value}; it must be finite and positive (a weight may be 0)."
        | RecipeError.MechanismWithoutTerm (mechanism, objective) ->
            let list = words ", " objective
            $"{Print.mechanism mechanism} does nothing in {Objective.name objective}, whose own are {list}. Take it out of Avoid, or choose another objective."
        | RecipeError.TilesNotJoined a ->
            $"{Print.augmentation a} makes views of several tiles, and nothing makes one embedding of them. Put `joinTiles` at the end of the projector."
        | RecipeError.NothingToJoin ->
            "`joinTiles` joins the tiles of a view, once, in the projector. Take it away where no view has tiles (`jigsaw`, `patches`), where it stands twice, or in a predictor."
        | RecipeError.TilesDiffer (a, b) ->
            $"One view has {a} tiles, another {b}; `joinTiles` has one width. Cut all of them into as many."
        | RecipeError.EncoderDoesNotFit (encoder, needs) ->
            $"{Print.encoder encoder} does not fit: needed is {needs}."
        | RecipeError.NormOverPatches encoder ->
            $"{Print.encoder encoder} has batch norm, whose statistics tell a patch of the others: patches would not be seen alone. Use `layerNormed` around it, or a transformer."
        | RecipeError.NothingAhead (last, rows) ->
            $"Nothing lies {last} rows further in a grid of {rows}. Predict up to {rows - 1} rows, or use smaller patches."
        | RecipeError.NoLocals objective ->
            $"{Objective.name objective} compares places of global views; local views beside them would do nothing. Take `locals` away."
        | RecipeError.ChannelsDoNotSplit (groups, channels) ->
            $"Groups of %A{groups} channels do not make up the {channels} of a view. Their sum must be {channels}."
        | RecipeError.ChannelsChange a ->
            $"{Print.augmentation a} changes what channels mean in some views and not in others; the encoder is one. Put it into all of them, as the same steps in the same order."
        | RecipeError.TooFewViews n ->
            $"The recipe has {n} views; the objective compares at least 2 (1 with a bank). Use `globals 2 view`."
        | RecipeError.NoGlobalView ->
            "The recipe has local views only, and nothing that they are compared with. Add `globals 2 view`."
        | RecipeError.TwoOfAKind (a, b) ->
            $"{Print.mechanism a} and {Print.mechanism b} are two of a kind; a recipe has one of each. Take one out of Avoid."
        | RecipeError.BadMechanism (mechanism, name, value) ->
            $"{Print.mechanism mechanism}: the {name} is {value}. Momenta lie in [0, 1], temperatures and entropy weights are positive, counts at least 1."
        | RecipeError.TargetTwice mechanism ->
            $"{Print.mechanism mechanism} gives targets without gradient already: `stopGradient` beside it does nothing. Take one of them out of Avoid."
        | RecipeError.QueueDoesNotFit (queue, batch) ->
            $"A queue of {queue} rows does not take batches of {batch}: its length must be a multiple of the batch, at least one. Make it {batch * max 1 ((queue + batch - 1) / max 1 batch)} long."
        | RecipeError.PredictorDoesNotFit (predictor, embedding) ->
            $"The predictor gives {predictor} values, the target has {embedding}. End it with `linear {embedding}`."
        | RecipeError.BadPrototypes p ->
            $"{p.Sets} sets of {p.Count} prototypes, frozen for {int p.Frozen} epochs: at least 1 set of 2 is needed, and 0 epochs or more."
        | RecipeError.WhiteningDoesNotFit (size, batch, embedding) ->
            $"Groups of {size} images cannot be whitened in batches of {batch} with embeddings of {embedding} values: a group divides the batch and has more images than values (twice as many in the paper). Use a smaller embedding or `whitenShrunk`."
        | RecipeError.NoClassifier objective ->
            $"The protocol `classifier` asks for a classifier of the recipe's own, and {Objective.name objective} has none. Use `linearProbe` or `knn`."
        | RecipeError.LabelledTwice mechanism ->
            $"{Print.mechanism mechanism} makes targets of a batch, but images are labelled once an epoch by `relabel`. Take one of them out of Avoid."
        | RecipeError.NothingBalanced mechanism ->
            $"{Print.mechanism mechanism} joins past embeddings to a batch whose codes are balanced, and nothing balances them. Add `balance 0.05 3` to Avoid."
        | RecipeError.TeacherDoesNotFit (run, logits, student) ->
            $"The teacher in {run.Folder} gives {logits} logits, the student {student}. End both projectors with `linear` of as many values as there are classes."
        | RecipeError.NoSuchLayers (run, layers) ->
            let (Head all) = run.Projector
            $"{layers} layers of {Print.head run.Projector} were to be gone on with; use 0 to {all.Length}, and none that joins tiles."
        | RecipeError.SeveralSets objective ->
            $"{Print.objective objective} has several sets of prototypes; only `swapCodes` takes the mean over sets. Take `sets` away."
        | RecipeError.NothingRaw objective ->
            $"`raw` stands before {Objective.name objective}, which does not choose between cosines and dot products. Take `raw` away."
        | RecipeError.NothingInBFloat16 objective ->
            $"`bfloat16Products` asks for products of bfloat16 in {Print.objective objective}: only `ntXent` and `infoNce` have them, `raw` or not, against a batch, a queue or all of a bank; it stands outermost. Take `bfloat16Products` away."
        | RecipeError.NothingScaled objective ->
            $"`scaled` multiplies {Print.objective objective}: it stands once and outermost, before an objective that compares images with one another; others have weights of their own. Take `scaled` away."
        | RecipeError.BadDropout p -> $"A dropout of {p} is outside [0, 1)."
        | RecipeError.ShapeChangesByChance a ->
            $"{Print.augmentation a} sits inside `sometimes` or `anyOrder`: a view must have one size whatever is drawn. Move the crop out."
        | RecipeError.EmptyChoice a ->
            $"{Print.augmentation a} has nothing to choose from. Give it at least one step; `identity` is one."
        | RecipeError.BadWeights weights ->
            $"The weights %A{weights} are not shares: all must be finite and 0 or more, and their sum above 0."
        | RecipeError.BadPick (count, steps) ->
            $"`pick {count}` of {steps} steps: the count must lie in 0 .. {steps}."
        | RecipeError.BadNumber (a, low, high) ->
            $"{Print.augmentation a}: the number must lie in {low} .. {high}."
        | RecipeError.BadPixels a -> $"{Print.augmentation a}: every size must be at least 1<px>."
        | RecipeError.BadValue (a, value) ->
            $"{Print.augmentation a}: the value {value} is outside [0, 1], where pixels lie."
        | RecipeError.SizeDependsOnImage a ->
            $"After {Print.augmentation a} the longer side still depends on each image. Add a `centerCrop` or a `crop`."
        | RecipeError.PatchesNeedSize a ->
            $"{Print.augmentation a} needs to know the size of the image before the run. Put a `crop` or `centerCrop` before it."
        | RecipeError.GridDoesNotFit (a, height, width) ->
            $"{Print.augmentation a} does not divide an image of {int height} x {int width} px. Choose sizes that do, or crop to a size that fits."
        | RecipeError.TilesNotLast a ->
            $"{Print.augmentation a} must be the last step of its view but for `standardize`, once: it cuts the image apart."
        | RecipeError.NeedsRgb (a, shape) ->
            $"{Print.augmentation a} works on 3 channels, the images have {shape.Channels}. Leave it out, or use images in colour."
        | RecipeError.NoSuchChannels (a, shape) ->
            $"{Print.augmentation a} asks for channels that images of {shape.Channels} do not have."
        | RecipeError.TurnsUneven (a, shape) ->
            $"{Print.augmentation a} turns images of {int shape.Height} x {int shape.Width} px to another size. Put a `crop` before it."
        | RecipeError.TooManySites n ->
            $"A view of {n} random draws is more than the counter holds ({Plan.mostSites}). Use fewer choices or patches."
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
        | RecipeError.UnknownDepth depth ->
            $"There is no ResNet-{depth} here; 18, 34, 50, 101, 152 and 200 are built."
        | RecipeError.BadResNet (it, name, value) ->
            $"{Print.encoder (Encoder.ResNet it)}: the {name} is {value}; it must be finite and positive."
        | RecipeError.HidesNothing encoder ->
            $"{Print.encoder encoder} cannot hide patches from itself. Use a transformer, such as `vitCompact 28<px> 4<px>`, or take `hiding` away."
        | RecipeError.NotSelective depth ->
            $"ResNet-{depth} has no bottlenecks, and only those have selective kernels. Use a depth of 50 or more."
        | RecipeError.PatchesDoNotFit (image, patch) ->
            $"Patches of {int patch} px do not divide images of {int image} px, both at least 1<px>. Choose sides that do."
        | RecipeError.BadTransformer it ->
            $"{Print.encoder (Encoder.ViT it)}: the width must be a multiple of the heads and of 4, all of them and the depth at least 1."
        | RecipeError.BadWidths (widths, blocks) ->
            $"A small residual network of widths %A{widths} and {blocks} blocks: at least one stage, every width and the number of blocks positive."
        | RecipeError.EmptyHead -> "A head has no layer. Use `head [ linear 128 ]` at least."
        | RecipeError.BadLayerWidth width ->
            $"A linear layer of width {width} gives no values; widths are positive."
        | RecipeError.HeadDoesNotEndLinear layer ->
            $"A head ends with {Print.layer layer}, which does not set the width of an embedding. End it with `linear` or `batchNorm` after one."
        | RecipeError.NormalizesOneValue layer ->
            $"The embedding has width 1 after {Print.layer layer}: normalised, only its sign is left. Use a width of at least 2."
        | RecipeError.BadTemperature t ->
            $"A temperature of {t} is not positive and finite. SimCLR uses 0.1 to 1."
        | RecipeError.BadRate s -> $"The learning rate {Print.schedule s} is negative or not finite."
        | RecipeError.BadDecay d -> $"A weight decay of {d} is negative or not finite."
        | RecipeError.BadMomentum m -> $"A momentum of {m} is outside [0, 1)."
        | RecipeError.BadClip length ->
            $"Gradients cannot be clipped to a length of {length}: use a number above 0, or the rule without Rule.Clipped."
        | RecipeError.BadPieces (pieces, images) ->
            $"{images} images cannot be split into {pieces} equal pieces of at least 2. Use a number of pieces that divides {images}, or another batch."
        | RecipeError.PiecesWithin passes ->
            $"The pieces of Passes.InPieces ({Passes.pieces passes}, ..) cannot have pieces of their own. Use one number of pieces."
        | RecipeError.PiecesOfLabelled rule ->
            $"Gradients cannot be accumulated over {Rule.pieces rule} pieces where labelled images go beside the batch: they are not split. Use a smaller batch, or the rule without Rule.Accumulated."
        | RecipeError.PiecesNotOfViews (passes, objective) ->
            $"Gradients of {Print.objective objective} cannot be cached over {Passes.pieces passes} pieces: it asks for more of the network than one embedding of each view. Use Rule.Accumulated, which it goes with, or together."
        | RecipeError.BadBatch b ->
            $"A batch of {b} has no negatives: each image needs another one beside it. Use at least 2."
        | RecipeError.BatchLargerThanSet (b, shape) ->
            $"A batch of {b} is larger than the {shape.Images} training images. Use --batch {shape.Images} or less."
        | RecipeError.BadEpochs e -> $"{int e} epochs: a run needs at least 1."
        | RecipeError.WarmupLongerThanRun (w, e) ->
            $"A warm-up of {int w} epochs does not fit a run of {int e}."
        | RecipeError.BadWarmupShare share ->
            $"A warm-up of {share} of the run leaves nothing to warm up for: give a share from 0 to below 1, as 0.1."
        | RecipeError.BadProtocol p ->
            $"{Print.protocol p}: every number must be positive and finite (decay may be 0), a held-out share below 1, a percentage at most 100, momentum below 1, names plain words."
        | RecipeError.ProtocolDoesNotFit (outer, inner) ->
            $"{Print.protocol outer} cannot hold {Print.protocol inner}: the order is transfer, overSeeds, corrupted, then perClass or meanPrecision and a share of labels, each once; the recipe's own classifier fits into corrupted only, transformations into the first two."
        | RecipeError.FineTuneKeepsTooMuch (p, layers) ->
            $"{Print.protocol p} starts from more layers of the projector than its {layers}. Use at most {layers}; 0 starts from the encoder."
        | RecipeError.TransformationNeedsColour (p, channels) ->
            $"{Print.protocol p} is told by its colour, and the images have {channels} channels. Ask for another transformation."
        | RecipeError.ProtocolTwice name ->
            $"Two protocols are called {name} in the results, and one would hide the other. Leave one out."
        | RecipeError.ProbeBatchLargerThanSet (p, images) ->
            $"{Print.protocol p}: its batch is larger than the {images} labelled training images. Use a batch of at most {images}; the words scale the rate."
        | RecipeError.NeighboursMoreThanImages (k, shape) ->
            $"k-NN with {k} neighbours needs more than the {shape.Images} training images. Use k of at most {shape.Images}."
