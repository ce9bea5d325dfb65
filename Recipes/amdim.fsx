// AMDIM: an image, and a place of it, find the places of its other view at two scales.
// Source     Bachman et al. 2019, arXiv 1906.00910: sections 3.2 to 3.4; three tasks, scores clipped at 20, their squares weighed by 0.05 as in costs.py
// Published  ImageNet, linear: 68.1 top-1 (large)
// Command    ./research run Recipes/amdim.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.3 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let large =
    augment [
        crop 128<px> (between 0.3 1.0)
        flip
        sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.1 |})
        sometimes 0.25 grayscale
        imagenetStandard
    ]

let published = {
    Name = "amdim"
    Source = arxiv "1906.00910" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 large // one flip for both there
    Encoder = resnet 50 // without padding there: places see less
    Projector = head [ linearNoBias 1536; batchNorm; relu; linearNoBias 1536; batchNormPlain ] // 1536 values
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = localGlobal 20.0 0.05
    Optimizer = {
        Rule = Rule.Adam (0.8, 0.999)
        Rate = steps 2e-4 0.2 [ 30<epoch>; 45<epoch> ]
        Decay = 1e-5
    } // decay in the gradient and 500 steps of warm-up there
    Precision = float32s
    Batch = 480
    Epochs = 50<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // trained beside the encoder there
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // colours as SimCLR distorts them
        Encoder = compactResNet [ 32; 64; 96 ] 1 // maps of 7 x 7 and 4 x 4 places of 28 px
        Projector = head [ linearNoBias 128; batchNorm; relu; linearNoBias 128; batchNormPlain ] // 128 values
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
