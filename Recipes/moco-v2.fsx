// MoCo v2: a query finds its key among the keys of past batches, made by a slowly moving copy of the network.
// Source     He et al. 2020, arXiv 1911.05722: equation 1; Chen et al. 2020, arXiv 2003.04297: MLP head, temperature 0.2
// Published  ImageNet, ResNet-50, linear: 67.5 top-1 after 200 epochs, 71.1 after 800
// Differs    SimCLR's view, encoder, optimizer and length for two cores; a queue of 4096 keys and momentum 0.99 as in the official CIFAR-10 demo; no shuffled batch norm (one device)
// Command    ./research run Recipes/moco-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let recipe = {
    Name = "moco-v2"
    Source = arxiv "2003.04297" "section 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 128; relu; linear 128 ]
    Passes = eachView
    Avoid = [ repel (queue 4096); constantMomentumTarget 0.99 ]
    Objective = infoNce 0.2
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
