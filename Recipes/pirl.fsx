// PIRL: an image and its jigsaw both find the embedding remembered of that image.
// Source     Misra and van der Maaten 2020, arXiv 1912.01991: equation 5 with lambda 0.5, section 3.2; 9 patches joined by a dense layer
// Published  ImageNet, ResNet-50, linear: 63.6 top-1; 59.0 without the jigsaw term
// Command    ./research run Recipes/pirl.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large = augment [ crop 224<px> (between 0.08 1.0); flip; colorDistortion 0.5; imagenetStandard ]

let largePuzzle =
    augment [ crop 255<px> (between 0.6 1.0); flip; colorDistortion 0.5; jigsaw 3 64<px>; imagenetStandard ]

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

let published = {
    Name = "pirl"
    Source = arxiv "1912.01991" "equation 5"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = views [ large; largePuzzle ] // colours of each patch apart there
    Encoder = resnet 50
    Projector = pirlHead // a dense layer for images, another for patches there
    Passes = eachView
    Avoid = [ repel (bankNoise 32000 0.5) ]
    Objective = infoNce 0.07
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = cosine 0.12 1.2e-4; Decay = 1e-4 }
    Precision = float32s
    Batch = 1024
    Epochs = 800<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there; its numbers are not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = views [ image; puzzle ] // 27 px cut into cells of 9 px and patches of 7 px
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Avoid = [ repel (bankNoise 1024 0.5); stayNear 30.0 ] // a small set; InstDisc's proximal term: without it the first epoch pushes away what it has just written
        Objective = infoNce 0.1 // as InstDisc's for CIFAR-10
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
