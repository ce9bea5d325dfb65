// UDA: the sharpened prediction of a weak view is the target of a strong one, where it is sure; known labels wait.
// Source     Xie et al. 2020, arXiv 1904.12848; image/main.py of google-research/uda: temperature 0.4, confidence 0.8, weight 1, linear annealing
// Published  ImageNet, 10 % of labels: 68.8 top-1, 88.5 top-5 (table of the SimCLR paper)
// Command    ./research run Recipes/uda.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    views [
        inceptionView 224<px> (between 0.08 1.0)
        augment [ crop 224<px> (between 0.08 1.0); flip; randAugmentHalf 2; imagenetStandard ]
    ]

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let strong =
    augment [ crop 28<px> (between 0.2 1.0); colorDistortion 1.0; cutout 8<px>; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "uda"
    Source = arxiv "1904.12848" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = large
    Encoder = resnet 50
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 128 512 [ sharpened 0.4 0.5 1.0 ] // from memory, as what follows
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = warmup 5<epoch> (cosine 0.6 0.0); Decay = 1e-4 } // rate and schedule not known
    Precision = float32s
    Batch = 7680
    Epochs = 240<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = views [ weak; strong ] // SimCLR's colours and a cutout in place of RandAugment
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ sharpened 0.4 0.8 1.0 ] |> annealed Annealing.Linear // the numbers for CIFAR-10
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels: what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
