// The generalized contrastive loss: agreement of views and a log-sum-exp that spreads them, each with a weight of its own.
// Source     Chen, Luo and Li 2021, arXiv 2011.02803: section 2 and table 1, weight 0.01 and temperature 0.5, near NT-Xent, which has 0.5 / 128
// Differs    SimCLR's view, encoder, optimizer and length for two cores
// Command    ./research run Recipes/generalized.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "generalized"
    Source = arxiv "2011.02803" "table 1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ matchPrior ]
    Objective = alignSpread 0.5 0.01
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
