// SupCon: all images of one class are positives of one another; the ceiling of contrastive learning with labels.
// Source     Khosla et al. 2020, arXiv 2004.11362: equation 2 (the mean over positives outside the logarithm), temperature 0.1
// Published  CIFAR-10, ResNet-50: 96.0 against 95.0 of cross-entropy (official repository)
// Command    ./research run Recipes/supcon.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let large =
    augment [
        crop 32<px> (between 0.2 1.0)
        flip
        sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.1 |})
        sometimes 0.2 grayscale
        standardize [ 0.4914; 0.4822; 0.4465 ] [ 0.2470; 0.2435; 0.2616 ]
    ]

let published = {
    Name = "supcon"
    Source = arxiv "2004.11362" "equation 2"
    Data = "cifar10" // the official code's; that for ImageNet is not public
    OnCorrupt = stop
    Views = globals 2 large
    Encoder = resnetSmall 50
    Projector = supConHead 2048
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = supCon 0.1 // times 0.1 / 0.07 in the code
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = warmup 10<epoch> (cosine 0.5 5e-4); Decay = 1e-4 }
    Precision = float32s
    Batch = 1024
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // colours of SimCLR's strength
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ] // SimCLR's small head
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
