// AMDIM: an image, and a place of it, find the places of its other view at two scales.
// Source     Bachman et al. 2019, arXiv 1906.00910: sections 3.2 to 3.4; three tasks, scores clipped at 20, their squares weighed by 0.05 as in costs.py
// Published  ImageNet, linear: 68.1 top-1 (large)
// Differs    maps of 7 x 7 and 4 x 4 places of a residual network with padding, whose places see more than the authors'; colours distorted as SimCLR does; 128 values compared;
//            encoder, optimizer and length for two cores
// Command    ./research run Recipes/amdim.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.3 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "amdim"
    Source = arxiv "1906.00910" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linearNoBias 128; batchNormPlain ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = localGlobal 20.0 0.05
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
