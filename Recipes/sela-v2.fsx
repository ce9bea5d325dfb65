// SeLa-v2: labels share the images out evenly over learnt prototypes, anew at the start of each epoch.
// Source     Asano et al. 2020, arXiv 1911.05371; Caron et al. 2020, appendix D: temperature 0.1
// Published  ImageNet, ResNet-50, 400 epochs, linear: 71.8 top-1; 67.2 without small crops (README of SwAV)
// Command    ./research run Recipes/sela-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "sela-v2"
    Source = arxiv "1911.05371" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views =
        globals 2 (swavView 160<px> (between 0.14 1.0))
        @ locals 4 (swavView 96<px> (between 0.05 0.14))
    Encoder = resnet 50
    Projector = swavHead
    Passes = together
    Avoid = [ relabelByTransport 0.05 3 ] // its code is not public: SwAV's numbers
    Objective = swapCodes 0.1 (prototypes 3000 0<epoch> |> sets 3)
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 4.8 0.0048); Decay = 1e-6 } // LARC on all weights there, from 0.3
    Precision = float32s
    Batch = 4096
    Epochs = 400<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "swav" 0.3 256 100 ]
}

let small = {
    published with
        Data = "glyphs"
        Views =
            globals 2 (crops 28<px> (between 0.3 1.0))
            @ locals 2 (crops 16<px> (between 0.1 0.3)) // two small crops in place of four
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 256; batchNorm; relu; linear 128 ] // 256 in place of 2048
        Objective = swapCodes 0.1 (prototypes 300 0<epoch>) // one set in place of three
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
