// SimCLR: two views of each image must find each other among all other views of the batch.
// Source     Chen et al. 2020, arXiv 2002.05709, equation 1, section 5 (temperature) and appendix B.9 (small images)
// Differs    encoder and length for two cores; AdamW for LARS, which is made for batches of thousands; crops from
//            a fifth of the image instead of 8 %, which at 28 px are too few pixels
// Command    ./research run Recipes/simclr.fsx [--data fashion-mnist]
#load "prelude.fsx"
open Vantage

let view =
    augment [
        crop 28<px> (between 0.2 1.0)
        flip
        sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.1 |})
        sometimes 0.2 grayscale
        standardize [ 0.5 ] [ 0.25 ]
    ]

let simclr = {
    Name = "simclr"
    Source = arxiv "2002.05709" "equation 1, appendix B.9"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 2 view
    Encoder = compactResNet [ 32; 64; 64 ] 1
    Projector = head [ linearNoBias 128; batchNorm; relu; linear 128 ]
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run simclr
