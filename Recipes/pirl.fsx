// PIRL: an image and its jigsaw both find the embedding remembered of that image.
// Source     Misra and van der Maaten 2020, arXiv 1912.01991: equation 5 with lambda 0.5, section 3.2; 9 patches joined by a dense layer
// Published  ImageNet, ResNet-50, linear: 63.6 top-1; 59.0 without the jigsaw term
// Differs    27 px cut into cells of 9 px and patches of 7 px; colours are distorted before the cut, alike for all patches; one dense layer for image and patches alike;
//            4096 noise rows; encoder, optimizer and length for two cores
// Command    ./research run Recipes/pirl.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let image =
    augment [ crop 28<px> (between 0.08 1.0); flip; colorDistortion 0.5; standardize [ 0.5 ] [ 0.25 ] ]

let puzzle =
    augment [
        crop 27<px> (between 0.6 1.0)
        flip
        colorDistortion 0.5
        jigsaw 3 7<px>
        standardize [ 0.5 ] [ 0.25 ]
    ]

let recipe = {
    Name = "pirl"
    Source = arxiv "1912.01991" "equation 5"
    Data = "glyphs"
    OnCorrupt = stop
    Views = [ View.Global image; View.Global puzzle ]
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 128; joinTiles ]
    Passes = eachView
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
