// DINO: a student predicts the centred and sharpened scores of its slow copy, from global and local crops.
// Source     Caron et al. 2021, arXiv 2104.14294: equation 3, algorithm 1, temperatures 0.1 and 0.04, centre 0.9
// Published  ImageNet, linear: ViT-S/16 77.0 top-1, ViT-B/16 78.2, ResNet-50 75.3 (official repository)
// Command    ./research run Recipes/dino.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    views [ byolView 224<px> (between 0.4 1.0) 1.0 0.0; byolView 224<px> (between 0.4 1.0) 0.1 0.2 ]
    @ locals 8 (byolView 96<px> (between 0.05 0.4) 0.5 0.0)

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "dino"
    Source = arxiv "2104.14294" "algorithm 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = large // bicubic there
    Encoder = vitSmall 224<px> 16<px> |> dropPath 0.1
    Projector = dinoHead
    Passes = together
    Avoid = [ momentumTarget 0.996; centre 0.9; sharpen 0.04 ] // to 0.07 over 30 epochs for the best figures
    Objective = selfDistill 0.1 (prototypes 65536 1<epoch>)
    Optimizer = {
        Rule = Rule.Clipped (3.0, Rule.AdamW) // each tensor by itself there
        Rate = warmup 10<epoch> (cosine 2e-3 1e-6) // 5e-4 for 256
        Decay = 0.04 // to 0.4 by half a cosine there
    }
    Precision = float32s
    Batch = 1024
    Epochs = 800<epoch>
    Seed = 0UL
    Evaluate = [ knn 20 0.07; dinoLinear 1024 ]
}

let small = {
    published with
        Data = "glyphs"
        Views =
            globals 2 (crops 28<px> (between 0.3 1.0))
            @ locals 2 (crops 16<px> (between 0.1 0.3)) // two small crops in place of eight; both global views alike
        Encoder = compactResNet [ 32; 64; 96 ] 1 // a ResNet: 28 px hold few patches
        Projector = head [ linear 256; batchNorm; gelu; linear 256; batchNorm; gelu; linear 64 ] // batch norm, as its ResNets learn faster with
        Avoid = [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ] // a short run
        Objective = selfDistill 0.1 (prototypes 1024 1<epoch>) // a small set
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
