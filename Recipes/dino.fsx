// DINO: a student predicts the centred and sharpened scores of its slow copy, from global and local crops.
// Source     Caron et al. 2021, arXiv 2104.14294: equation 3, algorithm 1, temperatures 0.1 and 0.04, centre 0.9
// Published  ImageNet, linear: ViT-S/16 77.0 top-1, ViT-B/16 78.2, ResNet-50 75.3 (official repository)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 2 crops of 28 px and 2 of 16 px; 1024 prototypes; batch norm in the head; momentum from 0.99
// Command    ./research run Recipes/dino.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let views =
    globals 2 (crops 28<px> (between 0.3 1.0))
    @ locals 2 (crops 16<px> (between 0.1 0.3))

let recipe = {
    Name = "dino"
    Source = arxiv "2104.14294" "algorithm 1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; gelu; linear 256; batchNorm; gelu; linear 64 ]
    Passes = together
    Avoid = [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ]
    Objective = selfDistill 0.1 (prototypes 1024 1<epoch>)
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
