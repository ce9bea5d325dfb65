// VICReg: views agree, every value varies, no two values say the same. No negatives.
// Source     Bardes et al. 2022, arXiv 2105.04906: equation 6, weights 25, 25, 1
// Published  ImageNet, ResNet-50, linear: 73.2 top-1 after 1000 epochs; 68.6 after 100, 57.5 without covariance
// Command    ./research run Recipes/vicreg.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "vicreg"
    Source = arxiv "2105.04906" "equation 6"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = views (byolViews 224<px> (between 0.08 1.0)) // as the code has them; alike in the paper
    Encoder = resnet 50 |> zeroInit
    Projector = vicregHead
    Passes = eachView
    Avoid = [ keepVariance; decorrelate ]
    Objective = vicReg 25.0 25.0 1.0
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 1.6 0.0016); Decay = 1e-6 } // 0.2 for 256
    Precision = float32s
    Batch = 2048
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "vicreg" 0.02 256 100 ] // from memory of evaluate.py
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // both views alike; no blur and no solarizing at 28 px
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 256; batchNorm; relu; linear 256; batchNorm; relu; linearNoBias 256 ] // 256, not 8192
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
