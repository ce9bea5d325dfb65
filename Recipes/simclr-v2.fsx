// SimCLRv2: SimCLR with a larger network and a head of three layers, of which the first is kept.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2; model_util.py and resnet.py of google-research/simclr: selective kernels with ratio 1/16
// Published  ImageNet, linear: ResNet-50 71.7 top-1, ResNet-152 of three times the width with selective kernels 79.8 (README)
// Command    ./research run Recipes/simclr-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "simclr-v2"
    Source = arxiv "2006.10029" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (simclrView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> selective |> zeroInit // the largest: resnet 152 |> wider 3 |> selective
    Projector = simclrV2Head 2048
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.1
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 40<epoch> (cosine 4.8 0.0); Decay = 1e-4 } // 0.075 times the root of the batch
    Precision = float32s
    Batch = 4096
    Epochs = 800<epoch>
    Seed = 0UL
    Evaluate = [ simclrLinear 4096 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; crops from a fifth of the image, for 8 % are too few pixels
        Encoder = compactResNet [ 48; 96; 144 ] 1 // half as wide again as the other recipes'; plain kernels
        Projector = head [ linearNoBias 144; batchNorm; relu; linearNoBias 144; batchNorm; relu; linear 128 ] // three layers of the encoder's width
        Objective = ntXent 0.5 // 256 images have fewer near neighbours than 4096
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
