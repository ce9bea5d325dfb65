// MoCo v3: queries find the keys of the other view in the batch; predictor and momentum network.
// Source     Chen, Xie and He 2021, arXiv 2104.02057: algorithm 1, momentum 0.99 to 1
// Published  ImageNet, linear: ResNet-50 68.9, 72.8, 74.6 top-1 after 100, 300, 1000 epochs; ViT-S 73.2, ViT-B 76.7 (official repository)
// Command    ./research run Recipes/moco-v3.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "moco-v3"
    Source = arxiv "2104.02057" "algorithm 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = views (byolViews 224<px> (between 0.2 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = mocoV3Head
    Passes = eachView
    Avoid = [ repel inBatch; momentumTarget 0.99; predict mocoV3Predictor ]
    Objective = infoNceBothWays 1.0
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 4.8 0.0); Decay = 1e-6 } // 0.3 for 256
    Precision = float32s
    Batch = 4096
    Epochs = 300<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "moco-v3" 0.1 1024 90 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // both views alike; no blur and no solarizing at 28 px
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 256; batchNorm; relu; linearNoBias 256; batchNormPlain ] // 256 in place of 4096
        Avoid = [
            repel inBatch
            momentumTarget 0.99
            predict [ linearNoBias 256; batchNorm; relu; linearNoBias 256 ]
        ]
        Objective = infoNceBothWays 0.5 // fewer keys in a batch
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
