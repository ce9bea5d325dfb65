// Instance discrimination: every image is a class of its own, its weight the embedding remembered from the last epoch.
// Source     Wu et al. 2018, arXiv 1805.01978: equations 2 and 4 to 7
// Published  ImageNet, ResNet-50, linear, run again by the authors of CMC: 56.5 top-1 with 4096 noise rows
// Differs    SimCLR's view, encoder, optimizer and length for two cores; the softmax over all images that the authors use for CIFAR; temperature 0.1
// Command    ./research run Recipes/inst-disc.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "inst-disc"
    Source = arxiv "1805.01978" "equation 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 128 ]
    Passes = together
    Avoid = [ repel (bank 0.5) ]
    Objective = infoNce 0.1
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
