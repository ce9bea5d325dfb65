// IMAX: two views share as much information as a Gaussian model sees.
// Source     Becker and Hinton 1992, Nature 355: the information of signals that are the average of both modules, in its form for vectors
// Published  nothing on photographs, so no configuration to derive from: two modules of one value each saw stereograms of random dots
// Differs    SimCLR's view, encoder, optimizer and length for two cores; images in place of stereograms, noise of variance 0.1
// Command    ./research run Recipes/imax.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "imax"
    Source = { Paper = "Becker and Hinton 1992"; Where = "Nature 355, 161 to 163" }
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 32 ]
    Passes = together
    Avoid = []
    Objective = imax 0.1
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
