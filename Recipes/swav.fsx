// SwAV: a view predicts which prototypes another view was assigned to; assignments are balanced by Sinkhorn.
// Source     Caron et al. 2020, arXiv 2006.09882: equations 2 and 3, temperature 0.1, epsilon 0.05, 3 iterations
// Published  ImageNet, ResNet-50, linear: 72.1, 73.9, 74.6, 75.3 top-1 after 100, 200, 400, 800 epochs; 70.1 after 400 without small crops (official repository)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 2 crops of 28 px and 2 of 16 px; 300 prototypes
// Command    ./research run Recipes/swav.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let views =
    globals 2 (crops 28<px> (between 0.3 1.0))
    @ locals 2 (crops 16<px> (between 0.1 0.3))

let recipe = {
    Name = "swav"
    Source = arxiv "2006.09882" "equations 2 and 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ balance 0.05 3 ]
    Objective = swapCodes 0.1 (prototypes 300 1<epoch>)
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
