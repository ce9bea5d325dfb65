// VICReg: views agree, every value varies, no two values say the same. No negatives.
// Source     Bardes et al. 2022, arXiv 2105.04906: equation 6, weights 25, 25, 1
// Published  ImageNet, ResNet-50, linear: 73.2 top-1 after 1000 epochs; 68.6 after 100, 57.5 without covariance
// Differs    SimCLR's view, encoder, optimizer and length for two cores; an expander of 256 in place of 8192; blur and solarize left out at 28 px
// Command    ./research run Recipes/vicreg.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "vicreg"
    Source = arxiv "2105.04906" "equation 6"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; relu; linear 256; batchNorm; relu; linearNoBias 256 ]
    Passes = eachView
    Avoid = [ keepVariance; decorrelate ]
    Objective = vicReg 25.0 25.0 1.0
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
