// MSN: masked views predict the prototypes of an unmasked one from the slow network; all prototypes are used alike on average.
// Source     Assran et al. 2022, arXiv 2204.07141: section 3, temperature 0.1, targets sharpened by 0.25, weight 1
// Command    ./research run Recipes/msn.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area steps =
    augment (
        crop size area :: flip :: colorDistortion 1.0 :: steps
        @ [ standardize [ 0.5 ] [ 0.25 ] ]
    )

let seen =
    globals 2 (crops 28<px> (between 0.3 1.0) [])
    @ locals 2 (crops 28<px> (between 0.2 1.0) [ maskPatches 4<px> 0.3 ])

let published = {
    Name = "msn"
    Source = arxiv "2204.07141" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views =
        globals 2 (msnView 224<px> (between 0.3 1.0))
        @ locals 10 (msnView 96<px> (between 0.05 0.3)) // one target there
    Encoder = vitSmall 224<px> 16<px> |> dropPatches 0.15
    Projector = msnHead
    Passes = together
    Avoid = [ momentumTarget 0.996; sharpen 0.025; meanEntropy 1.0 ] // the code balances targets too
    Objective = swapCodes 0.1 (prototypes 1024 0<epoch>)
    Optimizer = {
        Rule = Rule.Clipped (3.0, Rule.AdamW)
        Rate = warmup 15<epoch> (cosine 1e-3 1e-6) // as if the run were 1.25 times as long there
        Decay = 0.04 // to 0.4 by half a cosine there
    }
    Precision = float32s
    Batch = 1024
    Epochs = 800<epoch>
    Seed = 0UL
    Evaluate = [ dinoLinear 1024 ] // its own classifier is not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = seen // masked views of 28 px in place of small crops
        Encoder = compactResNet [ 32; 64; 96 ] 1 // a ResNet, which sees masked patches as grey
        Projector = head [ linear 256; batchNorm; gelu; linear 64 ] // two layers of 256
        Avoid = [ momentumTarget 0.99; sharpen 0.025; meanEntropy 1.0 ] // a short run
        Objective = swapCodes 0.1 (prototypes 256 0<epoch>) // a small set
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
