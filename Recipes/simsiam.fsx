// SimSiam: a predictor and a stopped gradient are enough. No negatives, no momentum network.
// Source     Chen and He 2021, arXiv 2011.10566: equations 1 to 4, algorithm 1
// Published  ImageNet, ResNet-50, 100 epochs, linear: 68.1 top-1; 0.1 without stop-gradient or without predictor. CIFAR-10, ResNet-18: 91.8
// Differs    SimCLR's view, encoder, optimizer and length for two cores; a projector of 256 in place of 2048
// Command    ./research run Recipes/simsiam.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "simsiam"
    Source = arxiv "2011.10566" "algorithm 1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 256; batchNorm; relu; linearNoBias 256; batchNormPlain ]
    Passes = eachView
    Avoid = [ stopGradient; predictUndecayed [ linearNoBias 64; batchNorm; relu; linear 256 ] ]
    Objective = negativeCosine
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 5e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
