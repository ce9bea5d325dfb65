// VAT and entropy minimisation: predictions of unlabelled images are sure, and the step that changes them most changes them little.
// Source     Miyato et al. 2018, arXiv 1704.03976; vat.py of google-research/fixmatch: weight 0.3, ramp over 0.4 of the run, entropy 0.06
// Published  ImageNet, 10 % of labels: 60.87 top-1, 83.28 top-5 with entropy minimisation, 59.98 and 82.71 without (README of S4L)
// Command    ./research run Recipes/vat.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "vat"
    Source = arxiv "1704.03976" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 // its second version there
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 128 256 [ vat 40.0 0.5 0.0; leastEntropy 1.0 ] // S4L's numbers; on labelled images too there
    Optimizer = {
        Rule = Rule.Sgd 0.9
        Rate = warmup 5<epoch> (steps 0.03 0.1 [ 135<epoch>; 155<epoch>; 175<epoch> ])
        Decay = 1e-3
    } // at epochs 140, 160, 180
    Precision = float32s
    Batch = 256
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 weak // glyphs mean something else mirrored
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ vat 2.0 0.3 0.4; leastEntropy 0.06 ] // FixMatch's code for CIFAR-10; a step of 2
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels: what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
