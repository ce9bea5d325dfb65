// DCL: SimCLR without the positive in the denominator, which starves small batches.
// Source     Yeh et al. 2022, arXiv 2110.06848: equation 6
// Published  ImageNet, ResNet-50, batch 256, 200 epochs, linear: 68.2 top-1 against 61.8 of SimCLR (abstract)
// Differs    SimCLR's view, encoder, optimizer and length for two cores
// Command    ./research run Recipes/dcl.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "dcl"
    Source = arxiv "2110.06848" "equation 6"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = decoupled 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
