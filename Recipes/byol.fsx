// BYOL: one network predicts what a slow copy of it says of another view. No negatives.
// Source     Grill et al. 2020, arXiv 2006.07733: equations 2 to 4
// Published  ImageNet, ResNet-50, linear: 74.3 top-1 after 1000 epochs; 72.5 after 300, 0.3 without the target, 0.2 without the predictor (table 5)
// Command    ./research run Recipes/byol.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "byol"
    Source = arxiv "2006.07733" "equations 2 to 4"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = views (byolViews 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = byolHead
    Passes = eachView
    Avoid = [ momentumTarget 0.996; predict byolPredictor ] // the target starts at random there, as a copy here
    Objective = regression
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 3.2 0.0); Decay = 1.5e-6 } // 0.2 for 256
    Precision = float32s
    Batch = 4096
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ byolLinear 1024 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // both views alike; no blur and no solarizing at 28 px
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 256; batchNorm; relu; linearNoBias 128 ] // 256 in place of 4096
        Avoid = [ momentumTarget 0.99; predict [ linear 256; batchNorm; relu; linearNoBias 128 ] ] // a short run
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
