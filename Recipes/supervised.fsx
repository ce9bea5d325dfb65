// Supervised training: all labels; the ceiling that recipes without labels are compared with.
// Source     cross-entropy; the published ceiling of every table
// Command    ./research run Recipes/supervised.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "supervised"
    Source = arxiv "1512.03385" "section 3.4"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = resnet 50
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = supervised
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = steps 0.1 0.1 [ 30<epoch>; 60<epoch> ]; Decay = 1e-4 } // the paper divides where errors stop falling
    Precision = float32s
    Batch = 256
    Epochs = 90<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // SimCLR's small view, so that only the objective differs
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
