/// One recipe for each published way of avoiding collapse, small enough to train in a blink.
module Vantage.Tests.Strategies

open Vantage

let private with' objective avoid (recipe: Recipe) = { recipe with Objective = objective; Avoid = avoid }

let private mlp = [ linearNoBias 16; batchNorm; relu; linear 8 ]

let private apart (recipe: Recipe) = { recipe with Passes = eachView }

/// Two views of 16 px and two of 8 px.
let private multiCrop (recipe: Recipe) =
    let local = augment [ crop 8<px> (between 0.1 0.3); flip; standardize [ 0.5 ] [ 0.25 ] ]
    { recipe with Views = recipe.Views @ [ View.Local local; View.Local local ] }

let private transformer =
    match vitCompact 16<px> 4<px> with
    | Encoder.ViT it -> Encoder.ViT { it with Width = 24; Depth = 2; Heads = 2 }
    | other -> other

/// Name and recipe.
let all: (string * Recipe) list =
    let small = Generators.small
    [
        "SimCLR", small
        "SimCLR, both directions added", with' (scaled 2.0 (ntXent 0.5)) [ repel inBatch ] small
        "DCL", with' (decoupled 0.5) [ repel inBatch ] small
        "NT-Logistic", with' (ntLogistic 0.5) [ repel inBatch ] small
        "margin triplet", with' (marginTriplet 0.8) [ repel inBatch ] small
        "MoCo",
        with' (infoNce 0.2) [ repel (queue 32); constantMomentumTarget 0.99 ] small
        |> apart
        "MoCo, both ways",
        with' (infoNceBothWays 0.2) [ repel (queue 64); momentumTarget 0.99 ] small
        |> apart
        "MoCo v3",
        with' (infoNceBothWays 0.2) [ repel inBatch; momentumTarget 0.99; predict mlp ] small
        |> apart
        "InstDisc", { with' (infoNce 0.1) [ repel (bank 0.5) ] small with Views = [ small.Views.Head ] }
        "InstDisc, near its rows",
        {
            with' (infoNce 0.1) [ repel (bank 0.5); stayNear 30.0 ] small with
                Views = [ small.Views.Head ]
        }
        "InstDisc by noise",
        {
            with' (infoNce 0.1) [ repel (bankNoise 12 0.5) ] small with
                Views = [ small.Views.Head ]
        }
        "InstDisc by sums",
        { with' (infoNce 0.1) [ repel (bankSum 12 0.5) ] small with Views = [ small.Views.Head ] }
        "BYOL", with' regression [ momentumTarget 0.99; predict mlp ] small |> apart
        "SimSiam", with' negativeCosine [ stopGradient; predictUndecayed mlp ] small |> apart
        "SimCLR with a target", with' (ntXent 0.5) [ repel inBatch; momentumTarget 0.99 ] small
        "SwAV",
        with' (swapCodes 0.1 (prototypes 12 1<epoch>)) [ balance 0.05 3 ] small
        |> multiCrop
        "DINO",
        with'
            (selfDistill 0.1 (prototypes 12 1<epoch>))
            [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ]
            small
        |> multiCrop
        "iBOT",
        {
            with'
                (selfDistill 0.1 (prototypes 12 1<epoch>) |> hiding 0.1 0.5)
                [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ]
                small with
                Encoder = transformer
                Projector = head [ linear 16; gelu; linear 8 ]
        }
        |> multiCrop
        "DINO on a transformer",
        {
            with'
                (selfDistill 0.1 (prototypes 12 1<epoch>))
                [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ]
                small with
                Encoder = transformer |> dropPath 0.1 |> meanPooled |> sinCos |> fixedPatches
        }
        "DINO with balance",
        with' (selfDistill 0.1 (prototypes 12 0<epoch>)) [ momentumTarget 0.99; balance 0.05 3 ] small
        "Barlow Twins", with' (barlowTwins 0.01) [ decorrelate ] small |> apart
        "Barlow Twins, unbiased", with' (barlowTwinsUnbiased 0.01) [ decorrelate ] small |> apart
        "VICReg", with' (vicReg 25.0 25.0 1.0) [ keepVariance; decorrelate ] small |> apart
        "VICReg with a target", with' (vicReg 25.0 25.0 1.0) [ keepVariance; decorrelate; stopGradient ] small
        "alignment and uniformity", with' (alignUniform 2.0 1.0) [ matchPrior ] small
        "W-MSE",
        {
            with' regression [ whiten 8 ] small with
                Projector = head [ linearNoBias 16; batchNorm; relu; linear 3 ]
        }
        "sliced Wasserstein to a sphere", with' (sliced sphere 5.0) [ matchPrior ] small
        "sliced Wasserstein to a cube", with' (sliced cube 5.0) [ matchPrior ] small
        "sliced Wasserstein to normal values", with' (sliced normal 5.0) [ matchPrior ] small
        "MSN",
        with'
            (swapCodes 0.1 (prototypes 12 0<epoch>))
            [ momentumTarget 0.99; sharpen 0.025; meanEntropy 1.0 ]
            small
        |> multiCrop
        "DeepCluster-v2",
        with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ relabelByKMeans 4 ] small
        |> multiCrop
        "SeLa-v2", with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ relabelByTransport 0.05 3 ] small
        "SwAV with past embeddings",
        with' (swapCodes 0.1 (prototypes 12 1<epoch>)) [ balance 0.05 3; balanceOver 16 1<epoch> ] small
        |> multiCrop
        "SwAV with three sets of prototypes",
        with' (swapCodes 0.1 (prototypes 12 1<epoch> |> sets 3)) [ balance 0.05 3; meanEntropy 0.1 ] small
        "DeepCluster-v2 with three sets of prototypes",
        with' (swapCodes 0.1 (prototypes 6 0<epoch> |> sets 3)) [ relabelByKMeans 4 ] small
        |> multiCrop
        "DCLW", with' (decoupledWeighted 0.5 0.5) [ repel inBatch ] small
        "NT-Logistic, semi-hard", with' (ntLogisticSemiHard 0.5) [ repel inBatch ] small
        "margin triplet, semi-hard", with' (marginTripletSemiHard 0.8) [ repel inBatch ] small
        "alignment and log-sum-exp", with' (alignSpread 0.5 0.1) [ matchPrior ] small
        "LeJEPA", with' (leJepa 0.05) [ matchPrior ] small |> multiCrop
        "IMAX", with' (imax 0.1) [] small
        "SimCLR in bfloat16", with' (bfloat16Products (ntXent 0.5)) [ repel inBatch ] small
        "SimCLR without lengths", with' (raw (ntXent 1.0)) [ repel inBatch ] small
        "agreement and neighbours apart", with' regression [ keepApart 0.1 ] small
        "supervised", { with' supervised [] small with Views = [ small.Views.Head ] }
        "pseudo-labels", with' (semiSupervised 2 8 [ pseudoLabel 0.3 1.0 0.4; leastEntropy 0.1 ]) [] small
        "VAT", with' (semiSupervised 2 8 [ vat 1.0 0.3 0.4; leastEntropy 0.06 ]) [] small
        "VAT and pseudo-labels as in their code",
        with' (semiSupervised 2 8 [ vatTurned 1.0 0.1 0.0; pseudoLabelByShare 0.1 0.3 0.0 ]) [] small
        "UDA", with' (semiSupervised 2 8 [ sharpened 0.4 0.3 1.0 ] |> annealed Annealing.Linear) [] small
        "FixMatch", with' (semiSupervised 2 8 [ confident 0.3 1.0 ]) [] small
        "S4L by exemplars", with' (semiSupervised 2 8 [ exemplar 6 1.0 ]) [] small
        "S4L", with' (semiSupervised 2 8 [ rotation 1.0 ]) [] small
        "distillation", with' (semiSupervised 2 8 [ distil FinishedRun.run 1.0 1.0 ]) [] small
        "fine-tuning from a middle layer",
        {
            with' supervised [] small with
                Views = [ small.Views.Head ]
                Encoder = startingFrom FinishedRun.run 3
                Projector = head [ linear 8 ]
        }
        "PIRL",
        {
            with' (infoNce 0.1) [ repel (bankNoise 12 0.5) ] small with
                Views = [
                    small.Views.Head
                    View.Global (
                        augment [
                            crop 15<px> (between 0.6 1.0)
                            flip
                            jigsaw 3 4<px>
                            standardize [ 0.5 ] [ 0.25 ]
                        ]
                    )
                ]
                Projector = head [ linear 8; joinTiles ]
        }
        "CMC",
        {
            with' (infoNce 0.1) [ repel (bankNoise 12 0.5) ] small with
                Views =
                    globals
                        1
                        (augment [ crop 16<px> (between 0.2 1.0); flip; lab; standardize [ 0.5 ] [ 0.25 ] ])
                Encoder = splitChannels [ 1; 2 ] (compactResNet [ 8; 16 ] 1)
                Projector = head [ linear 8 ]
        }
        "CMC among the batch",
        {
            with' (ntXent 0.1) [ repel inBatch ] small with
                Views =
                    globals
                        1
                        (augment [ crop 16<px> (between 0.2 1.0); flip; lab; standardize [ 0.5 ] [ 0.25 ] ])
                Encoder = splitChannels [ 1; 2 ] (compactResNet [ 8; 16 ] 1)
        }
        "CPC",
        {
            with' (predictBelow 1 2 2) [ repel inBatch ] small with
                Views = [ small.Views.Head ]
                Encoder = patchwise 8<px> 4<px> (layerNormed (compactResNet [ 8; 16 ] 1))
                Projector = head [ linear 8 ]
        }
        "CPC v2",
        {
            with' (predictAround 2 2 1 |> contextOf 32) [ repel inBatch ] small with
                Views = [ small.Views.Head ]
                Encoder = patchwise 8<px> 4<px> (layerNormed (compactResNet [ 8; 16 ] 1))
                Projector = head [ linear 8 ]
        }
        "AMDIM",
        {
            with' (localGlobal 20.0 0.05) [ repel inBatch ] small with
                Projector = head [ linear 16; relu; linear 8 ]
        }
        "CAN",
        {
            with' (restore 0.1 0.5 0.1) [ repel inBatch ] small with
                Encoder = transformer |> sinCos
                Projector = head [ linear 16; relu; linear 8 ]
        }
        "CAN with noised targets",
        {
            with' (restore 0.1 0.5 0.1 |> noisedTargets) [ repel inBatch ] small with
                Encoder = transformer |> sinCos
                Projector = head [ linear 16; relu; linear 8 ]
        }
        "BigBiGAN", { with' (bigBiGan 4 16) [] small with Views = [ small.Views.Head ] }
        "MSN on a transformer that drops patches",
        {
            with'
                (swapCodes 0.1 (prototypes 12 0<epoch>))
                [ momentumTarget 0.99; sharpen 0.025; meanEntropy 1.0 ]
                small with
                Encoder = transformer |> dropPatches 0.15
        }
        |> multiCrop
        "SupCon", with' (supCon 0.1) [ repel inBatch ] small
        "SimCLR on several crops", small |> multiCrop
        "SimCLR with every layer",
        {
            small with
                Projector =
                    head [
                        linearNoBias 16
                        layerNorm
                        gelu
                        dropout 0.2
                        linearNoBias 12
                        batchNormPlain
                        relu
                        linearNoBias 8
                        batchNormScale
                        unitLength
                    ]
        }
    ]

/// The recipe of a name.
let named name = all |> List.find (fun (n, _) -> n = name) |> snd
