// W-MSE: embeddings are whitened, so that they cannot all be one; then only pairs are pulled together. No negatives.
// Source     Ermolov et al. 2021, arXiv 2007.06346: section 3; groups of twice the embedding's 64 values
// Published  CIFAR-10, ResNet-18: linear 91.55, 5-NN 89.69 (two views)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; a head of 256 in place of 1024
// Command    ./research run Recipes/w-mse.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "w-mse"
    Source = arxiv "2007.06346" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; relu; linear 64 ]
    Passes = eachView
    Avoid = [ whiten 128 ]
    Objective = regression
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
