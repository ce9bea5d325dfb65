// FixMatch: the most likely class of a weak view is the label of a strong one, where it is sure.
// Source     Sohn et al. 2020, arXiv 2001.07685: equation 4; threshold 0.95, weight 1
// Command    ./research run Recipes/fixmatch.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    views [
        inceptionView 224<px> (between 0.08 1.0)
        augment [ crop 224<px> (between 0.08 1.0); flip; randAugmentHalf 2; imagenetStandard ]
    ]

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let strong =
    augment [ crop 28<px> (between 0.2 1.0); colorDistortion 1.0; cutout 8<px>; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "fixmatch"
    Source = arxiv "2001.07685" "equation 4"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = large
    Encoder = resnet 50
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 128 1024 [ confident 0.7 10.0 ]
    Optimizer = {
        Rule = Rule.Sgd 0.9 // Nesterov's there, weights averaged for the test
        Rate = warmup 5<epoch> (steps 0.4 0.1 [ 55<epoch>; 115<epoch>; 155<epoch>; 195<epoch> ]) // from memory
        Decay = 3e-4
    }
    Precision = float32s
    Batch = 5120 // five times as many as with labels
    Epochs = 300<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = views [ weak; strong ] // SimCLR's colours and a cutout in place of RandAugment
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ confident 0.95 1.0 ] // 250 labels; the numbers for CIFAR-10
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels: what two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
