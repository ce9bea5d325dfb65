// SimCLR: two views of each image must find each other among all other views of the batch.
// Source     Chen et al. 2020, arXiv 2002.05709: equation 1, colour distortion of strength 1 (appendix A), no blur at this size (B.9)
// Published  ImageNet, ResNet-50, linear: 69.3 top-1 after 1000 epochs; 74.2 at twice, 76.5 at four times the width
// Differs    an encoder and a length for two cores; AdamW in place of LARS, which is made for batches of thousands; crops from
//            a fifth of the image: 8 % of 28 x 28 px are too few pixels
// Command    ./research run Recipes/simclr.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view =
    augment [ crop 28<px> (between 0.2 1.0); flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let simclr = {
    Name = "simclr"
    Source = arxiv "2002.05709" "equation 1, appendix B.9"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run simclr
