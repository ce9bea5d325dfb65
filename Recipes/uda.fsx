// UDA: the sharpened prediction of a weak view is the target of a strong one, where it is sure; known labels wait.
// Source     Xie et al. 2020, arXiv 1904.12848; image/main.py of google-research/uda: temperature 0.4, confidence 0.8, weight 1, linear annealing
// Published  ImageNet, 10 % of labels: 68.8 top-1, 88.5 top-5 (table of the SimCLR paper)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 25 labels of each class; SimCLR's colours and a cutout in place of RandAugment
// Command    ./research run Recipes/uda.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let strong =
    augment [ crop 28<px> (between 0.2 1.0); colorDistortion 1.0; cutout 8<px>; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "uda"
    Source = arxiv "1904.12848" "section 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views [ weak; strong ]
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ sharpened 0.4 0.8 1.0 ] |> annealed Annealing.Linear
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 192
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
