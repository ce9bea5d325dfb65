// CMC: the lightness of an image finds its colours among those remembered, and the other way round.
// Source     Tian et al. 2020, arXiv 1906.05849: equations 2 to 6; two encoders of half the width, one crop for both, no distortion of colours
// Published  ImageNet, two ResNet-50 of twice the width in all, linear: 68.4 top-1
// Differs    4096 noise rows as in the authors' README; both channels scaled alike; encoder, optimizer and length for two cores
// Command    ./research run Recipes/cmc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view = augment [ crop 28<px> (between 0.2 1.0); flip; lab; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "cmc"
    Source = arxiv "1906.05849" "equation 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 view
    Encoder = splitChannels [ 1; 2 ] (compactResNet [ 32; 48; 64 ] 1)
    Projector = head [ linear 128 ]
    Passes = together
    Avoid = [ repel (bankNoise 4096 0.5) ]
    Objective = infoNce 0.07
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
