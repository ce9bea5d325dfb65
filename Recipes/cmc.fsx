// CMC: the lightness of an image finds its colours among those remembered, and the other way round.
// Source     Tian et al. 2020, arXiv 1906.05849: equations 2 to 6; two encoders of half the width, one crop for both, no distortion of colours
// Published  ImageNet, two ResNet-50 of twice the width in all, linear: 68.4 top-1
// Command    ./research run Recipes/cmc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view = augment [ crop 28<px> (between 0.2 1.0); flip; lab; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "cmc"
    Source = arxiv "1906.05849" "equation 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (augment [ crop 224<px> (between 0.08 1.0); flip; lab; standardize [ 0.5 ] [ 0.5 ] ])
    Encoder = splitChannels [ 1; 2 ] (resnet 50)
    Projector = mocoHead
    Passes = together
    Avoid = [ repel (bankNoise 16384 0.5) ]
    Objective = infoNce 0.07
    Optimizer = {
        Rule = Rule.Sgd 0.9
        Rate = steps 0.03 0.1 [ 120<epoch>; 160<epoch>; 200<epoch> ]
        Decay = 1e-4
    }
    Precision = float32s
    Batch = 128
    Epochs = 240<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there; its numbers are not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // 8 % of 28 x 28 px are too few; deviations as in the other recipes
        Encoder = splitChannels [ 1; 2 ] (compactResNet [ 32; 48; 64 ] 1) // 28 px on two cores
        Avoid = [ repel inBatch ] // a short run renews a memory's rows only a few times; the batch holds no old ones
        Objective = infoNceBothWays 0.1 // the softmax of equation 3, both ways as in equation 4; 0.1 as InstDisc for CIFAR-10
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
