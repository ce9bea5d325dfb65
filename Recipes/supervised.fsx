// Supervised training: all labels; the ceiling that recipes without labels are compared with.
// Source     cross-entropy; the published ceiling of every table
// Differs    SimCLR's view, encoder, optimizer and length for two cores
// Command    ./research run Recipes/supervised.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "supervised"
    Source = arxiv "1512.03385" "section 3.4"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = supervised
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
