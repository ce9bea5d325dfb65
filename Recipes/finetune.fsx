// SimCLRv2's fine-tuning: a classifier goes on from a SimCLR run, its encoder and the first layer of its head, with few labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2, fine-tuning from a middle layer; model_util.py, ft_proj_selector 1: batch norm and ReLU included
// Command    ./research run Recipes/simclr.fsx --out runs/simclr && ./research run Recipes/finetune.fsx --out runs/finetune
// Expect     not measured at this length yet; Recipes/README.md says what a short trial gave
#load "prelude.fsx"
open Vantage

let run =
    trained
        "runs/simclr"
        (compactResNet [ 32; 64; 96 ] 1)
        (head [ linearNoBias 128; batchNorm; relu; linear 128 ])

let published = {
    Name = "finetune"
    Source = arxiv "2006.10029" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = startingFrom (trained "runs/simclr-v2" (resnet 50 |> zeroInit) (simclrV2Head 2048)) 3
    Projector = head [ linear 1000 ] // from 0 there, at random here
    Passes = together
    Avoid = []
    Objective = semiSupervised 13 1024 [] // 1 % of the labels
    Optimizer = { Rule = Rule.Lars 0.9; Rate = cosine 0.16 0.0; Decay = 0.0 } // 0.005 times the root of the batch
    Precision = float32s
    Batch = 1024 // images without labels, which count for nothing here
    Epochs = 60<epoch>
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 (augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]) // glyphs mean something else mirrored
        Encoder = startingFrom run 3 // of SimCLR, with a head of two layers
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [] // 250 labels
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 0.0 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 64 // a short run
        Epochs = 4<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
