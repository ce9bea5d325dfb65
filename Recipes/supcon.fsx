// SupCon: all images of one class are positives of one another; the ceiling of contrastive learning with labels.
// Source     Khosla et al. 2020, arXiv 2004.11362: equation 2 (the mean over positives outside the logarithm), temperature 0.1
// Published  CIFAR-10, ResNet-50: 96.0 against 95.0 of cross-entropy (official repository)
// Differs    SimCLR's view, encoder, optimizer and length for two cores
// Command    ./research run Recipes/supcon.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "supcon"
    Source = arxiv "2004.11362" "equation 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = supCon 0.1
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
