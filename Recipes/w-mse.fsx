// W-MSE: embeddings are whitened, so that they cannot all be one; then only pairs are pulled together. No negatives.
// Source     Ermolov et al. 2021, arXiv 2007.06346: section 3; groups of twice the embedding's 64 values
// Published  CIFAR-10, ResNet-18: linear 91.55, 5-NN 89.69 (two views)
// Command    ./research run Recipes/w-mse.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    augment [
        sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.1 |})
        sometimes 0.1 grayscale
        cropBicubic 32<px> (between 0.2 1.0)
        flip
        standardize [ 0.4914; 0.4822; 0.4465 ] [ 0.2470; 0.2435; 0.2616 ]
    ]

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "w-mse"
    Source = arxiv "2007.06346" "section 3"
    Data = "cifar10" // the table's first set
    OnCorrupt = stop
    Views = globals 2 large
    Encoder = resnet18Small
    Projector = wmseHead
    Passes = eachView // the head's batch norm sees both views there
    Avoid = [ whiten 128 ]
    Objective = regression
    Optimizer = {
        Rule = Rule.AdamW
        Rate = warmup 5<epoch> (steps 3e-3 0.2 [ 945<epoch>; 970<epoch> ])
        Decay = 1e-6
    } // decay in the gradient there
    Precision = float32s
    Batch = 512
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ knn 5 1.0; linearProbe 1e-6 100 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // colours of SimCLR's strength, after the crop
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 256; batchNorm; relu; linear 64 ] // 256 in place of 1024
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
