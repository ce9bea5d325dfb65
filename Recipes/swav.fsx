// SwAV: a view predicts which prototypes another view was assigned to; assignments are balanced by Sinkhorn.
// Source     Caron et al. 2020, arXiv 2006.09882: equations 2 and 3, temperature 0.1, epsilon 0.05, 3 iterations
// Published  ImageNet, ResNet-50, linear: 72.1, 73.9, 74.6, 75.3 top-1 after 100, 200, 400, 800 epochs; 70.1 after 400 without small crops (official repository)
// Command    ./research run Recipes/swav.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "swav"
    Source = arxiv "2006.09882" "equations 2 and 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views =
        globals 2 (swavView 224<px> (between 0.14 1.0))
        @ locals 6 (swavView 96<px> (between 0.05 0.14))
    Encoder = resnet 50
    Projector = swavHead
    Passes = together
    Avoid = [ balance 0.05 3 ]
    Objective = swapCodes 0.1 (prototypes 3000 1<epoch>)
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 4.8 0.0048); Decay = 1e-6 } // LARC on all weights there, from 0.3
    Precision = float32s
    Batch = 4096
    Epochs = 800<epoch>
    Seed = 0UL
    Evaluate = [ linearSgd "swav" 0.3 256 100 ]
}

let small = {
    published with
        Data = "glyphs"
        Views =
            globals 2 (crops 28<px> (between 0.3 1.0))
            @ locals 2 (crops 16<px> (between 0.1 0.3)) // two small crops in place of six
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 256; batchNorm; relu; linear 128 ] // 256 in place of 2048
        Objective = swapCodes 0.1 (prototypes 300 1<epoch>) // about as many as images in a batch
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
