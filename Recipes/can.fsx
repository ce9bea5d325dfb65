// CAN: SimCLR on views of which half is hidden under noise, and a decoder that tells the hidden pixels and the noise.
// Source     Mishra et al. 2022, arXiv 2210.16870: section 3; half of the patches hidden, noise of up to 0.1, weights 0.03, 0.679 and 0.291 of the authors' code
// Differs    a transformer of 4 blocks and 7 px patches, SimCLR's view and length for two cores; clean pixels as target, as the paper says (the code's are noised)
// Command    ./research run Recipes/can.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "can"
    Source = arxiv "2210.16870" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = vitCompact 28<px> 7<px> |> meanPooled |> sinCos
    Projector = head [ linear 96; relu; linear 128 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = restore 0.1 0.5 0.1
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 5e-2 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
