// SimCLRv2's fine-tuning: a classifier goes on from the first layer of the head of three, with few labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2, fine-tuning from a middle layer; model_util.py, ft_proj_selector 1: batch norm and ReLU included
// Published  ImageNet, 1 % and 10 % of labels: ResNet-50 57.9 and 68.4 top-1, ResNet-152 of three times the width with selective kernels 74.9 and 80.1 (README)
// Command    after Recipes/simclr-v2.fsx --out runs/simclr-v2: ./research run Recipes/simclr-v2-finetune.fsx --out runs/simclr-v2-finetuned
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let simclr =
    trained
        "runs/simclr-v2"
        (compactResNet [ 48; 96; 144 ] 1)
        (head [ linearNoBias 144; batchNorm; relu; linearNoBias 144; batchNorm; relu; linear 128 ])

let large = trained "runs/simclr-v2" (resnet 50 |> zeroInit) (simclrV2Head 2048)

let published = {
    Name = "simclr-v2-finetune"
    Source = arxiv "2006.10029" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = startingFrom large 3
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
        Encoder = startingFrom simclr 3 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [] // 250 labels
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 0.0 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 64 // a short run
        Epochs = 4<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
