// CAN: SimCLR on views of which half is hidden under noise, and a decoder that tells the hidden pixels and the noise.
// Source     Mishra et al. 2022, arXiv 2210.16870: section 3; half of the patches hidden, noise of up to 0.1, weights 0.03, 0.679 and 0.291 of the authors' code
// Command    ./research run Recipes/can.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "can"
    Source = arxiv "2210.16870" "section 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (mocoV2View 224<px> (between 0.2 1.0))
    Encoder = vitBase 224<px> 16<px> |> meanPooled |> sinCos
    Projector = canHead 768
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = restore 0.1 0.5 0.1 |> decodedBy 512 8 16 // clean pixels are told; noised ones in the code
    Optimizer = { Rule = Rule.Adam (0.9, 0.95); Rate = warmup 40<epoch> (cosine 4e-3 0.0); Decay = 5e-2 } // 2.5e-4 for 256
    Precision = float32s
    Batch = 4096 // from memory
    Epochs = 1600<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there; its numbers are not known here
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px
        Encoder = vitCompact 28<px> 7<px> |> meanPooled |> sinCos // 4 blocks on two cores
        Projector = head [ linear 96; relu; linear 128 ] // as wide as the encoder
        Objective = restore 0.1 0.5 0.1 // a decoder of 2 blocks
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 5e-2 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
