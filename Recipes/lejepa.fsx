// LeJEPA: views are near the mean of the global ones, and every projection of the embeddings looks normal (SIGReg).
// Source     Balestriero and LeCun 2025, arXiv 2511.08544: section 4 and algorithm 1, weight 0.05, 17 knots on [-5, 5]
// Differs    SimCLR's view, encoder, optimizer and length for two cores; a projector of 64 values; 1024 directions
// Command    ./research run Recipes/lejepa.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let views =
    globals 2 (crops 28<px> (between 0.3 1.0))
    @ locals 2 (crops 16<px> (between 0.1 0.3))

let recipe = {
    Name = "lejepa"
    Source = arxiv "2511.08544" "algorithm 1"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 256; batchNorm; relu; linear 64 ]
    Passes = together
    Avoid = [ matchPrior ]
    Objective = leJepa 0.05
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
