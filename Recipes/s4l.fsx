// S4L: a classifier with few labels also learns to tell by how many quarters an image was turned.
// Source     Zhai et al. 2019, arXiv 1905.03670: section 3.1; weight 1
// Published  ImageNet, 10 % of labels: 61.37 top-1, 83.85 top-5 by rotation (README of S4L)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 25 labels of each class; the turned copies are not classified
// Command    ./research run Recipes/s4l.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "s4l"
    Source = arxiv "1905.03670" "section 3.1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 weak
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ rotation 1.0 ]
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 192
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
