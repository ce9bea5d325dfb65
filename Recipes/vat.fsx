// VAT and entropy minimisation: predictions of unlabelled images are sure, and the step that changes them most changes them little.
// Source     Miyato et al. 2018, arXiv 1704.03976; vat.py of google-research/fixmatch: weight 0.3, ramp over 0.4 of the run, entropy 0.06
// Published  ImageNet, 10 % of labels: 60.87 top-1, 83.28 top-5 with entropy minimisation, 59.98 and 82.71 without (README of S4L)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; 25 labels of each class; epsilon 2, a trial step of 1 in place of 1e-6, which float32 rounds away
// Command    ./research run Recipes/vat.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let weak = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "vat"
    Source = arxiv "1704.03976" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 weak
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ vat 2.0 0.3 0.4; leastEntropy 0.06 ]
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 192
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
