// Pseudo-labels: a classifier with few labels learns its own most likely classes, where it is sure of them.
// Source     Lee 2013; pseudo_label.py of google-research/fixmatch: threshold 0.95, weight 1, ramp over 0.4 of the run
// Published  ImageNet, 10 % of labels, ResNet-50 v2 of four times the width: 60.24 top-1, 82.86 top-5 (README of S4L)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 25 labels of each class; each row has its own mask (the official code multiplies the mean loss by the share of sure rows)
// Command    ./research run Recipes/pseudo-label.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "pseudo-label"
    Source = arxiv "2001.07685" "section 4, baseline"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 weak
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ pseudoLabel 0.95 1.0 0.4 ]
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 192
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
