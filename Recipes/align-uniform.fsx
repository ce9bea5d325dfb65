// Alignment and uniformity: pairs agree, and all embeddings spread over the sphere.
// Source     Wang and Isola 2020, arXiv 2005.10242: section 4.1, t 2, equal weights
// Command    ./research run Recipes/align-uniform.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large =
    augment [
        crop 64<px> (between 0.08 1.0)
        flip
        jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.4 |}
        sometimes 0.2 grayscale
        standardize [ 0.44; 0.43; 0.39 ] [ 0.27; 0.26; 0.28 ]
    ]

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "align-uniform"
    Source = arxiv "2005.10242" "section 4.1"
    Data = "folder:stl10" // the official example's; its means and deviations are near these
    OnCorrupt = stop
    Views = globals 2 large
    Encoder = resnet18Small // a small AlexNet there
    Projector = head [ linear 128 ]
    Passes = together
    Avoid = [ matchPrior ]
    Objective = alignUniform 2.0 1.0
    Optimizer = {
        Rule = Rule.Sgd 0.9
        Rate = steps 0.36 0.1 [ 155<epoch>; 170<epoch>; 185<epoch> ]
        Decay = 1e-4
    } // 0.12 for 256
    Precision = float32s
    Batch = 768
    Epochs = 200<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 100 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // SimCLR's small view
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ] // SimCLR's small head
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
