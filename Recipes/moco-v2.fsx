// MoCo v2: a query finds its key among the keys of past batches, made by a slowly moving copy of the network.
// Source     He et al. 2020, arXiv 1911.05722: equation 1; Chen et al. 2020, arXiv 2003.04297: MLP head, temperature 0.2
// Published  ImageNet, ResNet-50, linear: 67.5 top-1 after 200 epochs, 71.1 after 800
// Command    ./research run Recipes/moco-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "moco-v2"
    Source = arxiv "2003.04297" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (mocoV2View 224<px> (between 0.2 1.0))
    Encoder = resnet 50 // batch norm over 8 shuffled groups of the batch there
    Projector = mocoV2Head
    Passes = eachView
    Avoid = [ repel (queue 65536); constantMomentumTarget 0.999 ]
    Objective = infoNce 0.2
    Optimizer = { Rule = Rule.Sgd 0.9; Rate = cosine 0.03 0.0; Decay = 1e-4 } // a value for each epoch there
    Precision = float32s
    Batch = 256
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ mocoLinear 256 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; crops from a fifth of the image, for 8 % are too few pixels
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 128; relu; linear 128 ] // narrower, as the encoder is
        Avoid = [ repel (queue 4096); constantMomentumTarget 0.99 ] // as in the official CIFAR-10 demo
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // AdamW, which learns in fewer steps
        Precision = bfloat16 // half the memory traffic
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
