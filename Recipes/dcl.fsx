// DCL: SimCLR without the positive in the denominator, which starves small batches.
// Source     Yeh et al. 2022, arXiv 2110.06848: equation 6
// Published  ImageNet, ResNet-50, batch 256, 200 epochs, linear: 68.2 top-1 against 61.8 of SimCLR (abstract)
// Command    ./research run Recipes/dcl.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "dcl"
    Source = arxiv "2110.06848" "equation 6"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (simclrView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = simclrHead 2048
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = decoupled 0.1
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = cosine 0.03 0.0; Decay = 1e-4 } // rate and decay not known: SimCLR's small batches
    Precision = float32s
    Batch = 256
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ simclrLinear 4096 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; crops from a fifth of the image, for 8 % are too few pixels
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ] // no batch norm at the end, a bias
        Objective = decoupled 0.5 // as SimCLR's small one
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 } // AdamW, which learns in fewer steps
        Precision = bfloat16 // half the memory traffic
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
