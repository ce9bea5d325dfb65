// MSN: masked views predict the prototypes of an unmasked one from the slow network; all prototypes are used alike on average.
// Source     Assran et al. 2022, arXiv 2204.07141: section 3, temperature 0.1, targets sharpened by 0.25, weight 1
// Differs    SimCLR's view, encoder, optimizer and length for two cores; a ResNet that sees masked patches as grey in place of a ViT that drops them; no focal views; 256 prototypes; momentum from 0.99
// Command    ./research run Recipes/msn.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area steps =
    augment (
        crop size area :: flip :: colorDistortion 1.0 :: steps
        @ [ standardize [ 0.5 ] [ 0.25 ] ]
    )

let views =
    globals 2 (crops 28<px> (between 0.3 1.0) [])
    @ locals 2 (crops 28<px> (between 0.2 1.0) [ maskPatches 4<px> 0.3 ])

let recipe = {
    Name = "msn"
    Source = arxiv "2204.07141" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; gelu; linear 64 ]
    Passes = together
    Avoid = [ momentumTarget 0.99; sharpen 0.025; meanEntropy 1.0 ]
    Objective = swapCodes 0.1 (prototypes 256 0<epoch>)
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
