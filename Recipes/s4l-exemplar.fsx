// S4L by exemplars: a classifier with few labels also learns to tell the views of an image from those of others.
// Source     Zhai et al. 2019, arXiv 1905.03670: section 3.1; semi_supervised/exemplar.py: the hardest triplet of each view, soft margin, weight 1
// Published  ImageNet, 10 % of labels: 62.17 top-1, 83.71 top-5 (README of S4L)
// Command    ./research run Recipes/s4l-exemplar.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view = augment [ crop 28<px> (between 0.4 1.0); colorDistortion 0.5; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "s4l-exemplar"
    Source = arxiv "1905.03670" "section 3.1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 8 (inceptionView 224<px> (between 0.08 1.0)) // noise on hue, saturation and value there
    Encoder = resnet 50 // its second version there
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 128 512 [ exemplar 1000 1.0 ]
    Optimizer = {
        Rule = Rule.Sgd 0.9
        Rate = warmup 5<epoch> (steps 0.1 0.1 [ 135<epoch>; 155<epoch>; 175<epoch> ])
        Decay = 1e-3
    } // at epochs 140, 160, 180
    Precision = float32s
    Batch = 512
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // two views in place of eight; glyphs mean something else mirrored
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ exemplar 64 1.0 ] // 250 labels; 64 values
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels: what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
