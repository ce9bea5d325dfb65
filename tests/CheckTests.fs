module Vantage.Tests.CheckTests

open Expecto
open FsCheck.FSharp
open Vantage

let private shape = { Images = 64; Channels = 3; Height = 16<px>; Width = 20<px> }

let private good = Generators.small

let private view steps = { good with Views = globals 2 (Augmentation.Sequence steps) }

let private standard = standardize [ 0.5 ] [ 0.25 ]

let private size = crop 16<px> (ViewWords.between 0.2 1.0)

let private rate schedule = { good with Optimizer = { good.Optimizer with Rate = schedule } }

let private rule r = { good with Optimizer = { good.Optimizer with Rule = r } }

let private with' objective avoid = { good with Objective = objective; Avoid = avoid }

/// Each case: what is wrong, the recipe, the one error that must be found.
let private cases = [
    "a mechanism without a term",
    { good with Avoid = [ decorrelate; repel inBatch ] },
    RecipeError.MechanismWithoutTerm (decorrelate, good.Objective)
    "stop-gradient where targets have none",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ balance 0.05 3; stopGradient ],
    RecipeError.MechanismWithoutTerm (stopGradient, swapCodes 0.1 (prototypes 12 0<epoch>))
    "stop-gradient beside a momentum target",
    with' regression [ momentumTarget 0.99; predict [ linear 8 ]; stopGradient ],
    RecipeError.TargetTwice (momentumTarget 0.99)
    "a predictor without a target held still",
    with' regression [ predict [ linear 8 ] ],
    RecipeError.NothingPreventsCollapse regression
    "a target without a predictor",
    with' regression [ momentumTarget 0.99 ],
    RecipeError.NothingPreventsCollapse regression
    "a centre without sharpening",
    with' (selfDistill 0.1 (prototypes 12 0<epoch>)) [ momentumTarget 0.99; centre 0.9 ],
    RecipeError.NothingPreventsCollapse (selfDistill 0.1 (prototypes 12 0<epoch>))
    "two kinds of negatives",
    with' (infoNce 0.2) [ repel inBatch; repel (queue 32); momentumTarget 0.99 ],
    RecipeError.TwoOfAKind (repel inBatch, repel (queue 32))
    "a queue shorter than a batch",
    with' (infoNce 0.2) [ repel (queue 4); momentumTarget 0.99 ],
    RecipeError.QueueDoesNotFit (4, 8)
    "a queue that is no multiple of the batch",
    with' (infoNce 0.2) [ repel (queue 30); momentumTarget 0.99 ],
    RecipeError.QueueDoesNotFit (30, 8)
    "lengths left out where they do not matter",
    with' (raw regression) [ momentumTarget 0.99; predict [ linear 8 ] ],
    RecipeError.NothingRaw regression
    "a factor where terms have weights of their own",
    with' (scaled 2.0 (barlowTwins 0.005)) [ decorrelate ],
    RecipeError.NothingScaled (scaled 2.0 (barlowTwins 0.005))
    "a factor of nothing",
    with' (scaled 0.0 (ntXent 0.5)) [ repel inBatch ],
    RecipeError.BadObjective (scaled 0.0 (ntXent 0.5), "factor", 0.0)
    "products of bfloat16 where there are none",
    with' (bfloat16Products regression) [ momentumTarget 0.99; predict [ linear 8 ] ],
    RecipeError.NothingInBFloat16 (bfloat16Products regression)
    "codes beside labels of an epoch",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ relabelByKMeans 10; balance 0.05 3 ],
    RecipeError.LabelledTwice (balance 0.05 3)
    "a classifier's protocol without a classifier",
    { good with Evaluate = [ classifier ] },
    RecipeError.NoClassifier good.Objective
    "one view where two are compared",
    { with' (semiSupervised 4 8 [ confident 0.95 1.0 ]) [] with Views = [ good.Views.Head ] },
    RecipeError.TooFewViews 1
    "rows to stay near where there is no bank",
    with' (infoNce 0.2) [ repel (queue 32); momentumTarget 0.99; stayNear 30.0 ],
    RecipeError.MechanismWithoutTerm (stayNear 30.0, infoNce 0.2)
    "a negative weight of neighbours",
    with' good.Objective [ repel inBatch; keepApart -1.0 ],
    RecipeError.BadMechanism (keepApart -1.0, "weight", -1.0)
    "no variance of noise",
    with' (imax 0.0) [],
    RecipeError.BadObjective (imax 0.0, "variance of the noise", 0.0)
    "patches that do not divide an image",
    { good with Encoder = vitCompact 30<px> 4<px> },
    RecipeError.PatchesDoNotFit (30<px>, 4<px>)
    "a ResNet of no width",
    { good with Encoder = resnet 50 |> wider 0 },
    (match resnet 50 |> wider 0 with
     | Encoder.ResNet it -> RecipeError.BadResNet (it, "width", 0.0)
     | _ -> failwith "a ResNet")
    "selective kernels without bottlenecks",
    { good with Encoder = resnet 18 |> selective },
    RecipeError.NotSelective 18
    "hidden patches of a ResNet",
    with' (selfDistill 0.1 (prototypes 12 0<epoch>) |> hiding 0.1 0.5) [
        momentumTarget 0.99
        centre 0.9
        sharpen 0.04
    ],
    RecipeError.HidesNothing good.Encoder
    "a predictor of another width",
    with' regression [ momentumTarget 0.99; predict [ linear 9 ] ],
    RecipeError.PredictorDoesNotFit (9, 8)
    "whitening of too few images", with' regression [ whiten 8 ], RecipeError.WhiteningDoesNotFit (8, 8, 8)
    "whitening in groups that do not divide the batch",
    with' regression [ whitenShrunk 3 0.1 ],
    RecipeError.WhiteningDoesNotFit (3, 8, 8)
    "an empty predictor", with' regression [ momentumTarget 0.99; predict [] ], RecipeError.EmptyHead
    "a target's momentum above 1",
    with' regression [ momentumTarget 1.5; predict [ linear 8 ] ],
    RecipeError.BadMechanism (momentumTarget 1.5, "momentum", 1.5)
    "a sharpness of 0",
    with' (selfDistill 0.1 (prototypes 12 0<epoch>)) [ momentumTarget 0.99; centre 0.9; sharpen 0.0 ],
    RecipeError.BadMechanism (sharpen 0.0, "temperature", 0.0)
    "no iteration of Sinkhorn",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ balance 0.05 0 ],
    RecipeError.BadMechanism (balance 0.05 0, "number of iterations", 0.0)
    "one prototype",
    with' (swapCodes 0.1 (prototypes 1 0<epoch>)) [ balance 0.05 3 ],
    RecipeError.BadPrototypes (prototypes 1 0<epoch>)
    "local views only", { good with Views = List.replicate 2 (View.Local size) }, RecipeError.NoGlobalView
    "dropout of everything",
    { good with Projector = head [ linear 8; dropout 1.0; linear 8 ] },
    RecipeError.BadDropout 1.0
    "a head that ends in dropout",
    { good with Projector = head [ linear 8; dropout 0.5 ] },
    RecipeError.HeadDoesNotEndLinear (dropout 0.5)
    "a negative weight",
    { good with Objective = vicReg 25.0 -1.0 1.0; Avoid = [ keepVariance; decorrelate ] },
    RecipeError.BadObjective (vicReg 25.0 -1.0 1.0, "variance", -1.0)
    "a margin of 0",
    { good with Objective = marginTriplet 0.0 },
    RecipeError.BadObjective (marginTriplet 0.0, "margin", 0.0)
    "channels that mean something else in one view",
    { good with Views = [ View.Global size; View.Global (augment [ size; lab ]) ] },
    RecipeError.ChannelsChange lab
    "tiles that nothing joins",
    view [ size; patches 8<px> 4<px> ],
    RecipeError.TilesNotJoined (patches 8<px> 4<px>)
    "nothing to join", { good with Projector = head [ linear 8; joinTiles ] }, RecipeError.NothingToJoin
    "tiles joined twice",
    {
        view [ size; patches 8<px> 4<px> ] with
            Projector = head [ linear 8; joinTiles; linear 8; joinTiles ]
    },
    RecipeError.NothingToJoin
    "tiles in different numbers",
    {
        good with
            Views = [
                View.Global (augment [ size; patches 8<px> 8<px> ])
                View.Global (augment [ size; patches 8<px> 4<px> ])
            ]
            Projector = head [ linear 8; joinTiles ]
    },
    RecipeError.TilesDiffer (4, 9)
    "CPC without patches",
    with' (predictBelow 1 2 1) [ repel inBatch ],
    RecipeError.EncoderDoesNotFit (
        good.Encoder,
        "patches of the image, each seen alone, for CPC: `patchwise 8<px> 4<px> (...)`"
    )
    "batch norm over patches",
    {
        with' (predictBelow 1 2 1) [ repel inBatch ] with
            Encoder = patchwise 8<px> 4<px> good.Encoder
    },
    RecipeError.NormOverPatches good.Encoder
    "rows beyond the grid",
    {
        with' (predictBelow 2 3 1) [ repel inBatch ] with
            Encoder = patchwise 8<px> 4<px> (layerNormed good.Encoder)
    },
    RecipeError.NothingAhead (3, 3)
    "rows in disorder",
    {
        with' (predictBelow 2 1 1) [ repel inBatch ] with
            Encoder = patchwise 8<px> 4<px> (layerNormed good.Encoder)
    },
    RecipeError.BadObjective (predictBelow 2 1 1, "distance of the last row from the nearest", -1.0)
    "a residual network that patches are hidden from",
    with' (restore 0.1 0.5 0.1) [ repel inBatch ],
    RecipeError.EncoderDoesNotFit (
        good.Encoder,
        "a transformer, which CAN hides patches from: `vitCompact 28<px> 4<px>`"
    )
    "everything hidden",
    { with' (restore 0.1 1.0 0.1) [ repel inBatch ] with Encoder = vitCompact 16<px> 4<px> },
    RecipeError.BadObjective (restore 0.1 1.0 0.1, "shown share", 0.0)
    "every patch dropped",
    { good with Encoder = vitCompact 16<px> 4<px> |> dropPatches 1.0 },
    RecipeError.BadDropout 1.0
    "two scales of a transformer",
    { with' (localGlobal 20.0 0.05) [ repel inBatch ] with Encoder = vitCompact 16<px> 4<px> },
    RecipeError.EncoderDoesNotFit (
        vitCompact 16<px> 4<px>,
        "a residual network of two stages or more, whose last two maps AMDIM compares"
    )
    "local views that nothing looks at",
    {
        with' (localGlobal 20.0 0.05) [ repel inBatch ] with
            Views = good.Views @ locals 1 (crop 8<px> (between 0.1 0.3))
    },
    RecipeError.NoLocals (localGlobal 20.0 0.05)
    "channels that do not split",
    { good with Encoder = splitChannels [ 1; 1 ] good.Encoder },
    RecipeError.ChannelsDoNotSplit ([ 1; 1 ], 3)
    "a queue of several groups",
    {
        with' (infoNceBothWays 0.2) [ repel (queue 32) ] with
            Encoder = splitChannels [ 1; 2 ] good.Encoder
    },
    RecipeError.EncoderDoesNotFit (
        splitChannels [ 1; 2 ] good.Encoder,
        "a bank for each group of channels, `repel (bank 0.5)`, or both ways among the batch: one queue would mix the groups, and one way only the first would learn"
    )
    "no mechanism", { good with Avoid = [] }, RecipeError.NothingPreventsCollapse good.Objective
    "one view", { good with Views = globals 1 size }, RecipeError.TooFewViews 1
    "crop by chance", view [ sometimes 0.5 size; standard ], RecipeError.ShapeChangesByChance size
    "two crops", view [ size; size; standard ], RecipeError.TwoCrops size
    "sizes differ",
    {
        good with
            Views = [ View.Global size; View.Global (crop 8<px> (ViewWords.between 0.2 1.0)) ]
    },
    RecipeError.ViewsDiffer (Some 16<px>, Some 8<px>)
    "probability", view [ size; Augmentation.Sometimes (1.5, grayscale) ], RecipeError.BadProbability 1.5
    "ends in disorder",
    view [ Augmentation.Brightness (ViewWords.between 2.0 1.0) ],
    RecipeError.BadDistribution (
        Augmentation.Brightness (ViewWords.between 2.0 1.0),
        ViewWords.between 2.0 1.0
    )
    "hue beyond half a turn",
    view [ Augmentation.Hue (exactly 0.7) ],
    RecipeError.BadDistribution (Augmentation.Hue (exactly 0.7), exactly 0.7)
    "standardize in the middle", view [ standard; size ], RecipeError.StandardizeNotLast standard
    "deviation 0", view [ size; standardize [ 0.5 ] [ 0.0 ] ], RecipeError.BadStandardize ([ 0.5 ], [ 0.0 ])
    "crop to 0 px", view [ crop 0<px> (ViewWords.between 0.2 1.0) ], RecipeError.BadCropSize 0<px>
    "crop larger than the image",
    view [ crop 18<px> (ViewWords.between 0.2 1.0) ],
    RecipeError.CropLargerThanImage (18<px>, shape)
    "channels", view [ size; standardize [ 0.1; 0.2 ] [ 1.0; 1.0 ] ], RecipeError.ChannelsDiffer (2, shape)
    "depth", { good with Encoder = resnet 77 }, RecipeError.UnknownDepth 77
    "widths", { good with Encoder = compactResNet [] 1 }, RecipeError.BadWidths ([], 1)
    "empty head", { good with Projector = head [] }, RecipeError.EmptyHead
    "width 0", { good with Projector = head [ linear 0; linear 4 ] }, RecipeError.BadLayerWidth 0
    "head ends in relu",
    { good with Projector = head [ linear 4; relu ] },
    RecipeError.HeadDoesNotEndLinear relu
    "embedding of one value",
    { good with Projector = head [ linear 1 ] },
    RecipeError.NormalizesOneValue (linear 1)
    "temperature", { good with Objective = ntXent 0.0 }, RecipeError.BadTemperature 0.0
    "rate", rate (constant -0.1), RecipeError.BadRate (constant -0.1)
    "decay", { good with Optimizer = { good.Optimizer with Decay = -1.0 } }, RecipeError.BadDecay -1.0
    "momentum", rule (Rule.Sgd 1.0), RecipeError.BadMomentum 1.0
    "momentum of a clipped rule", rule (Rule.Clipped (1.0, Rule.Lars 1.0)), RecipeError.BadMomentum 1.0
    "moments", rule (Rule.Adam (0.5, 1.0)), RecipeError.BadMomentum 1.0
    "clip", rule (Rule.Clipped (0.0, Rule.Lamb)), RecipeError.BadClip 0.0
    "batch of 1", { good with Batch = 1 }, RecipeError.BadBatch 1
    "batch larger than the set", { good with Batch = 65 }, RecipeError.BatchLargerThanSet (65, shape)
    "no epoch", { rate (constant 0.1) with Epochs = 0<epoch> }, RecipeError.BadEpochs 0<epoch>
    "warm-up too long",
    rate (warmup 9<epoch> (constant 1.0)),
    RecipeError.WarmupLongerThanRun (9<epoch>, 3<epoch>)
    "a warm-up of the whole run", rate (warmupShare 1.0 (constant 1.0)), RecipeError.BadWarmupShare 1.0
]

/// What `check` finds, and that it finds nothing else.
[<Tests>]
let tests =
    testList "Check" [
        test "a good recipe has no errors" { Expect.isEmpty (Check.onImages shape good) "errors" }
        for name, recipe in Strategies.all do
            test $"{name} has no errors" { Expect.isEmpty (Check.onImages shape recipe) "errors" }
        for name, recipe, error in cases do
            test $"finds {name}" { Expect.equal (Check.onImages shape recipe) [ error ] "errors" }
        for name, _, error in cases do
            test $"says the remedy of {name}" {
                let text = Check.message error
                Expect.isGreaterThan text.Length 30 "a sentence"
                Expect.isFalse (text.Contains "RecipeError") "words, not a type"
            }
        test "all errors are found at once" {
            let wrong = { good with Avoid = []; Batch = 1; Projector = head []; Objective = ntXent -1.0 }
            Expect.equal
                (Check.onImages shape wrong |> List.sort)
                (List.sort [
                    RecipeError.NothingPreventsCollapse wrong.Objective
                    RecipeError.BadBatch 1
                    RecipeError.EmptyHead
                    RecipeError.BadTemperature -1.0
                ])
                "errors"
        }
        testPropertyWithConfig Generators.trees "generated views have no errors" (fun () ->
            Prop.forAll (Arb.fromGen Generators.view) (fun view ->
                Check.recipe { good with Views = globals 2 view } |> List.isEmpty))
    ]
