// CPC v2: CPC towards all four sides, layer norm, and views with colours taken away.
// Source     Henaff et al. 2020, arXiv 1905.09272: section 2
// Published  ImageNet, linear: ResNet-50 63.8 top-1, ResNet-161 71.5
// Differs    8 px patches 4 px apart of 28 px; channels are dropped alike for all patches of an image, not for each; 64 values compared; encoder, context and length for two cores
// Command    ./research run Recipes/cpc-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [
        crop 28<px> (between 0.5 1.0)
        flip
        colorDistortion 1.0
        sometimes 0.5 (dropChannels 2)
        standardize [ 0.5 ] [ 0.25 ]
    ]

let recipe = {
    Name = "cpc-v2"
    Source = arxiv "1905.09272" "section 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 view
    Encoder = patchwise 8<px> 4<px> (layerNormed (compactResNet [ 32; 64; 96 ] 1))
    Projector = head [ linear 64 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = predictAround 2 5 2
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-5 }
    Precision = bfloat16
    Batch = 64
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
