// SimCLR: two views of each image must find each other among all other views of the batch.
// Source     Chen et al. 2020, arXiv 2002.05709: equation 1, colour distortion of strength 1 (appendix A), no blur at this size (B.9)
// Published  ImageNet, ResNet-50, linear: 69.3 top-1 after 1000 epochs; 74.2 at twice, 76.5 at four times the width
// Command    ./research run Recipes/simclr.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "simclr"
    Source = arxiv "2002.05709" "equation 1, appendix B.9"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 2 (simclrView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = simclrHead 2048
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.1
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 4.8 0.0); Decay = 1e-6 } // 0.3 for a batch of 256
    Precision = float32s
    Batch = 4096
    Epochs = 1000<epoch>
    Seed = 0UL
    Evaluate = [ simclrLinear 4096 ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 2 view // no blur at 28 px; crops from a fifth of the image, for 8 % are too few pixels
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ] // no batch norm at the end, a bias
        Objective = ntXent 0.5 // 256 images have fewer near neighbours than 4096 (appendix B.9)
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 256 // as many as two cores hold
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
