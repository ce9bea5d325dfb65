// SimSiam: a predictor and a stopped gradient are enough. No negatives, no momentum network.
// Source     Chen and He 2021, arXiv 2011.10566: equations 1 to 4, algorithm 1
// Published  ImageNet, ResNet-50, 100 epochs, linear: 68.1 top-1; 0.1 without stop-gradient or without predictor. CIFAR-10, ResNet-18: 91.8
// Command    ./research run Recipes/simsiam.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "simsiam"
    Source = arxiv "2011.10566" "algorithm 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (mocoV2View 224<px> (between 0.2 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = simsiamHead
    Passes = eachView
    Avoid = [ stopGradient; predictUndecayed simsiamPredictor ]
    Objective = negativeCosine
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = cosine 0.1 0.0; Decay = 1e-4 } // 0.05 for 256; batch norm decays too there
    Precision = float32s
    Batch = 512
    Epochs = 100<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "simsiam" 0.1 4096 90 ] // by LARS there
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; colours of SimCLR's strength
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 256; batchNorm; relu; linearNoBias 256; batchNormPlain ] // two layers, as for CIFAR-10; 256 in place of 2048
        Avoid = [ stopGradient; predictUndecayed [ linearNoBias 64; batchNorm; relu; linear 256 ] ] // a quarter as before
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 5e-3 0.0); Decay = 1e-4 } // AdamW, which learns in fewer steps
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
