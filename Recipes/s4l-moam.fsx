// S4L, a mix of all models: rotation, virtual adversarial training and entropy minimisation beside few labels.
// Source     Zhai et al. 2019, arXiv 1905.03670: section 6; semi_supervised/rotation_vat.py: 0.4, 0.3 and 0.3 beside 0.3 of the labels, here each over 0.3
// Published  ImageNet, 10 % of labels, ResNet-50 v2 of four times the width: 69.46 top-1, 88.70 top-5 in its first step; 91.23 top-5 after retraining (README of S4L)
// Command    ./research run Recipes/s4l-moam.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "s4l-moam"
    Source = arxiv "1905.03670" "section 6"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> wider 4 // its second version there
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 128 128 [ rotation 1.333; vat 32.0 1.0 0.0; leastEntropy 1.0 ] // on turned copies there
    Optimizer = {
        Rule = Rule.Sgd 0.9
        Rate = warmup 10<epoch> (steps 0.1 0.1 [ 90<epoch>; 140<epoch>; 180<epoch> ])
        Decay = 2e-4
    } // at epochs 100, 150, 190
    Precision = float32s
    Batch = 128
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 weak // glyphs mean something else mirrored
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ rotation 1.0; vat 2.0 0.3 0.4; leastEntropy 0.06 ] // s4l's and vat's small ones together
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels: what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
