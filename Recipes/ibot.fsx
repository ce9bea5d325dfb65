// iBOT: DINO on a transformer that also predicts the scores of patches it was not shown.
// Source     Zhou et al. 2022, arXiv 2111.07832: equations 2 and 3, half of the global views hide 0.1 to 0.5 of their patches in blocks
// Published  ImageNet, k-NN, linear, fine-tuned: ViT-S 75.2, 77.9, 82.3; ViT-B 77.1, 79.5, 84.0 (official repository)
// Command    ./research run Recipes/ibot.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    views [ byolView 224<px> (between 0.25 1.0) 1.0 0.0; byolView 224<px> (between 0.25 1.0) 0.1 0.2 ]
    @ locals 10 (byolView 96<px> (between 0.05 0.25) 0.5 0.0)

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "ibot"
    Source = arxiv "2111.07832" "equations 2 and 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = large // bicubic there
    Encoder = vitSmall 224<px> 16<px> |> dropPath 0.1
    Projector = dinoHead
    Passes = together
    Avoid = [ momentumTarget 0.996; centre 0.9; sharpen 0.07 ] // from 0.04 over 30 epochs there
    Objective = selfDistill 0.1 (prototypes 8192 1<epoch>) |> hiding 0.1 0.5
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
            @ locals 2 (crops 14<px> (between 0.1 0.3)) // two small crops in place of ten; both global views alike
        Encoder = vitCompact 28<px> 7<px> // 4 blocks on two cores
        Projector = head [ linear 256; gelu; linear 256; gelu; linear 64 ] // 256 in place of 2048
        Avoid = [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ] // a short run
        Objective = selfDistill 0.1 (prototypes 512 1<epoch>) |> hiding 0.1 0.5 // a small set
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 4e-2 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
