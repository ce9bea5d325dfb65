// CPC v2: CPC towards all four sides, layer norm, and views with colours taken away.
// Source     Henaff et al. 2020, arXiv 1905.09272: section 2
// Published  ImageNet, linear: ResNet-50 63.8 top-1, ResNet-161 71.5
// Command    ./research run Recipes/cpc-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [
        crop 28<px> (between 0.5 1.0)
        flip
        colorDistortion 1.0
        sometimes 0.5 (dropChannels 2)
        standardize [ 0.5 ] [ 0.25 ]
    ]

// Colours, dropped channels and shears of each patch apart there; sizes of patches and crops from memory.
let large = augment [ crop 260<px> (between 0.3 1.0); flip; colorDistortion 1.0; imagenetStandard ]

let published = {
    Name = "cpc-v2"
    Source = arxiv "1905.09272" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 large
    Encoder = patchwise 80<px> 36<px> (layerNormed (resnet 50))
    Projector = head [ linear 64 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = predictAround 2 5 5
    Optimizer = { Rule = Rule.Adam (0.8, 0.999); Rate = constant 4e-4; Decay = 0.0 } // from memory of appendix A
    Precision = float32s
    Batch = 512 // from memory
    Epochs = 200<epoch> // from memory
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there; its numbers are not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // two channels are dropped at times, alike for all patches
        Encoder = patchwise 10<px> 6<px> (layerNormed (compactResNet [ 32; 64; 96 ] 1)) // 4 x 4 patches of 28 px
        Objective = predictAround 2 3 1 |> contextOf 64 // 4 rows; one block of a fourth of the width on two cores
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-5 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 64 // 16 patches an image
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
