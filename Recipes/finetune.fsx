// SimCLRv2's fine-tuning: a classifier goes on from a SimCLR run, its encoder and the first layer of its head, with few labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2, fine-tuning from a middle layer; model_util.py, ft_proj_selector 1: batch norm and ReLU included
// Differs    SimCLR's encoder and length for two cores; a head of two layers in place of three; 25 labels of each class; AdamW in place of LARS; the classifier starts at random, not at 0
// Command    ./research run Recipes/simclr.fsx --out runs/simclr && ./research run Recipes/finetune.fsx --out runs/finetune
// Expect     not measured at this length yet; Recipes/README.md says what a short trial gave
#load "prelude.fsx"
open Vantage

let simclr =
    trained
        "runs/simclr"
        (compactResNet [ 32; 64; 96 ] 1)
        (head [ linearNoBias 128; batchNorm; relu; linear 128 ])

let recipe = {
    Name = "finetune"
    Source = arxiv "2006.10029" "section 2"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 (augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ])
    Encoder = startingFrom simclr 3
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 []
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 0.0 }
    Precision = bfloat16
    Batch = 64
    Epochs = 4<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
