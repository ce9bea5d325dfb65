// Pseudo-labels: a classifier with few labels learns its own most likely classes, where it is sure of them.
// Source     Lee 2013; pseudo_label.py of google-research/fixmatch: threshold 0.95, weight 1, ramp over 0.4 of the run
// Published  ImageNet, 10 % of labels, ResNet-50 v2 of four times the width: 60.24 top-1, 82.86 top-5 (README of S4L)
// Command    ./research run Recipes/pseudo-label.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let shifted =
    augment [
        flip
        affine { warp with Right = between -0.125 0.125; Down = between -0.125 0.125 } // mirrored outside there
        standardize [ 0.5 ] [ 0.5 ]
    ]

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "pseudo-label"
    Source = arxiv "2001.07685" "section 4, baseline"
    Data = "cifar10"
    OnCorrupt = stop
    Views = globals 1 shifted
    Encoder = resnet18Small // a wide ResNet of 28 layers there
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ pseudoLabel 0.95 1.0 0.4 ]
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = arc 0.03 0.4375; Decay = 5e-4 } // Nesterov's there
    Precision = float32s
    Batch = 64
    Epochs = 1342<epoch> // 65,536 times 1024 images
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 weak // glyphs mean something else mirrored
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
