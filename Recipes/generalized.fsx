// The generalized contrastive loss: agreement of views and a log-sum-exp that spreads them, each with a weight of its own.
// Source     Chen, Luo and Li 2021, arXiv 2011.02803: section 2 and table 1, weight 0.01 and temperature 0.5, near NT-Xent, which has 0.5 / 128
// Command    ./research run Recipes/generalized.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "generalized"
    Source = arxiv "2011.02803" "table 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (simclrView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = simclrV2Head 2048
    Passes = together
    Avoid = [ matchPrior ]
    Objective = alignSpread 1.0 0.1
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 2.4 0.0); Decay = 1e-4 } // 0.075 times the root of the batch; decay not known: SimCLRv2's
    Precision = float32s
    Batch = 1024
    Epochs = 100<epoch> // not known: SimCLR's ablations
    Seed = 0UL
    Evaluate = [ simclrLinear 4096 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; crops from a fifth of the image, for 8 % are too few pixels
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ] // two layers in place of three
        Objective = alignSpread 0.5 0.01 // near NT-Xent, which has 0.5 / 128
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
