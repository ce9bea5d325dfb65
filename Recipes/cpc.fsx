// CPC: patches, each seen alone, say what lies rows below them.
// Source     van den Oord et al. 2018, arXiv 1807.03748: equation 4, section 3.3; up to five rows below, the first overlapping by half left out
// Published  ImageNet, linear: 48.7 top-1
// Differs    8 px patches 4 px apart of 28 px in place of 64 and 32 of 256; layer norm in place of none; colours of the whole view distorted; 64 values compared; encoder, context and
//            length for two cores
// Command    ./research run Recipes/cpc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.5 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "cpc"
    Source = arxiv "1807.03748" "equation 4"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 view
    Encoder = patchwise 8<px> 4<px> (layerNormed (compactResNet [ 32; 64; 96 ] 1))
    Projector = head [ linear 64 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = predictBelow 2 5 2
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-5 }
    Precision = bfloat16
    Batch = 64
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
