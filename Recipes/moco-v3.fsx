// MoCo v3: queries find the keys of the other view in the batch; predictor and momentum network.
// Source     Chen, Xie and He 2021, arXiv 2104.02057: algorithm 1, momentum 0.99 to 1
// Published  ImageNet, linear: ResNet-50 68.9, 72.8, 74.6 top-1 after 100, 300, 1000 epochs; ViT-S 73.2, ViT-B 76.7 (official repository)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; heads of 256 in place of 4096
// Command    ./research run Recipes/moco-v3.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "moco-v3"
    Source = arxiv "2104.02057" "algorithm 1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 256; batchNorm; relu; linearNoBias 256; batchNormPlain ]
    Passes = eachView
    Avoid = [
        repel inBatch
        momentumTarget 0.99
        predict [ linearNoBias 256; batchNorm; relu; linearNoBias 256 ]
    ]
    Objective = infoNceBothWays 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
