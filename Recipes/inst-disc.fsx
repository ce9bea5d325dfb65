// Instance discrimination: every image is a class of its own, its weight the embedding remembered from the last epoch.
// Source     Wu et al. 2018, arXiv 1805.01978: equations 2 and 4 to 7
// Published  ImageNet, ResNet-50, linear, run again by the authors of CMC: 56.5 top-1 with 4096 noise rows
// Command    ./research run Recipes/inst-disc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "inst-disc"
    Source = arxiv "1805.01978" "equation 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (mocoView 224<px> (between 0.2 1.0))
    Encoder = resnet 50
    Projector = mocoHead
    Passes = together
    Avoid = [ repel (bankNoise 4096 0.5) ] // the code has no proximal term
    Objective = infoNce 0.07
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = steps 0.03 0.1 [ 120<epoch>; 160<epoch> ]; Decay = 1e-4 }
    Precision = float32s
    Batch = 256
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.07 ] // the paper's own measure
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // SimCLR's small view
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Avoid = [ repel (bank 0.5); stayNear 30.0 ] // softmax over all images, as for CIFAR-10; the paper's proximal term
        Objective = infoNce 0.1 // as for CIFAR-10
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
