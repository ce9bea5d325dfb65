// CPC: patches, each seen alone, say what lies rows below them.
// Source     van den Oord et al. 2018, arXiv 1807.03748: equation 4, section 3.3; up to five rows below, the first overlapping by half left out
// Published  ImageNet, linear: 48.7 top-1
// Command    ./research run Recipes/cpc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.5 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "cpc"
    Source = arxiv "1807.03748" "equation 4"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (augment [ crop 256<px> (exactly 0.73); flip; imagenetStandard ]) // 256 px of 300; colours of patches apart there
    Encoder = patchwise 64<px> 32<px> (layerNormed (resnet 101)) // its second version to the third stage, no norm, there
    Projector = head [ linear 1024 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = predictBelow 2 6 5 // a PixelCNN of a size not known
    Optimizer = { Rule = Rule.AdamW; Rate = constant 2e-4; Decay = 0.0 } // Adam
    Precision = float32s
    Batch = 128
    Epochs = 100<epoch> // not known
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there; its numbers are not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // colours of the whole view distorted
        Encoder = patchwise 8<px> 4<px> (layerNormed (compactResNet [ 32; 64; 96 ] 1)) // 6 x 6 patches of 28 px
        Projector = head [ linear 64 ] // a narrow encoder
        Objective = predictBelow 2 5 2 // 6 rows
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-5 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 64 // 36 patches an image
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
