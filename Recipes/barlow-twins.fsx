// Barlow Twins: the cross-correlation of the two views is the identity. No negatives.
// Source     Zbontar et al. 2021, arXiv 2103.03230: equation 1, lambda of facebookresearch/barlowtwins
// Published  ImageNet, ResNet-50, linear: 73.2 top-1 after 1000 epochs; 71.4 after 300, 57.3 without decorrelation (table 5)
// Command    ./research run Recipes/barlow-twins.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "barlow-twins"
    Source = arxiv "2103.03230" "equation 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = views (byolViews 224<px> (between 0.08 1.0)) // bicubic there
    Encoder = resnet 50 |> zeroInit
    Projector = barlowHead
    Passes = eachView
    Avoid = [ decorrelate ]
    Objective = barlowTwins 0.0051
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 1.6 0.0016); Decay = 1e-6 } // 0.2 for 256; 0.0048 for biases and batch norm there
    Precision = float32s
    Batch = 2048
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "barlow" 0.3 256 100 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // both views alike; no blur and no solarizing at 28 px
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector =
            head [ linearNoBias 256; batchNorm; relu; linearNoBias 256; batchNorm; relu; linearNoBias 256 ] // 256, not 8192
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
