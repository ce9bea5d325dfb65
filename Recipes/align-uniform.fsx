// Alignment and uniformity: pairs agree, and all embeddings spread over the sphere.
// Source     Wang and Isola 2020, arXiv 2005.10242: section 4.1, t 2, equal weights
// Differs    SimCLR's view, encoder, optimizer and length for two cores
// Command    ./research run Recipes/align-uniform.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "align-uniform"
    Source = arxiv "2005.10242" "section 4.1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ matchPrior ]
    Objective = alignUniform 2.0 1.0
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
