// BYOL: one network predicts what a slow copy of it says of another view. No negatives.
// Source     Grill et al. 2020, arXiv 2006.07733: equations 2 to 4
// Published  ImageNet, ResNet-50, linear: 74.3 top-1 after 1000 epochs; 72.5 after 300, 0.3 without the target, 0.2 without the predictor (table 5)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; heads of 256 in place of 4096; blur and solarize left out at 28 px; the target starts as a copy
// Command    ./research run Recipes/byol.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "byol"
    Source = arxiv "2006.07733" "equations 2 to 4"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; relu; linearNoBias 128 ]
    Passes = eachView
    Avoid = [ momentumTarget 0.99; predict [ linear 256; batchNorm; relu; linearNoBias 128 ] ]
    Objective = regression
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
