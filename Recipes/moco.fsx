// MoCo: a query finds its key among the keys of past batches, made by a slowly moving copy of the network.
// Source     He et al. 2020, arXiv 1911.05722: equation 1, section 3; main_moco.py of facebookresearch/moco
// Published  ImageNet, ResNet-50, linear: 60.6 top-1 after 200 epochs; momentum 0.9, 0.99, 0.999: 55.2, 57.8, 59.0, and 0 does not converge (with 4096 keys)
// Command    ./research run Recipes/moco.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "moco"
    Source = arxiv "1911.05722" "equation 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (mocoView 224<px> (between 0.2 1.0))
    Encoder = resnet 50 // batch norm over 8 shuffled groups of the batch there
    Projector = mocoHead
    Passes = eachView
    Avoid = [ repel (queue 65536); constantMomentumTarget 0.999 ]
    Objective = infoNce 0.07
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = steps 0.03 0.1 [ 120<epoch>; 160<epoch> ]; Decay = 1e-4 }
    Precision = float32s
    Batch = 256
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ mocoLinear 256 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // SimCLR's small view, as in the other recipes
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Avoid = [ repel (queue 4096); constantMomentumTarget 0.99 ] // as in the official CIFAR-10 demo
        Objective = infoNce 0.1 // as in the official CIFAR-10 demo
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW, which learns in fewer steps
        Precision = bfloat16 // half the memory traffic
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
