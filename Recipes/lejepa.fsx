// LeJEPA: views are near the mean of the global ones, and every projection of the embeddings looks normal (SIGReg).
// Source     Balestriero and LeCun 2025, arXiv 2511.08544: section 4 and algorithm 1, weight 0.05, 17 knots on [-5, 5]
// Command    ./research run Recipes/lejepa.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let large size area =
    augment [
        crop size area
        flip
        sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.2; Hue = 0.1 |})
        sometimes 0.2 grayscale
        sometimes 0.5 (boxBlur (between 0.1 2.0))
        sometimes 0.2 (solarize 0.5)
        imagenetStandard
    ]

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let published = {
    Name = "lejepa"
    Source = arxiv "2511.08544" "algorithm 1"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views =
        globals 2 (large 224<px> (between 0.3 1.0))
        @ locals 6 (large 98<px> (between 0.05 0.3))
    Encoder = vitLarge 224<px> 14<px>
    Projector = head [ linear 2048; batchNorm; relu; linear 2048; batchNorm; relu; linear 128 ] // as in MINIMAL.md
    Passes = together
    Avoid = [ matchPrior ]
    Objective = leJepa 0.05
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 5e-4 5e-7); Decay = 5e-2 } // warm-up as in MINIMAL.md
    Precision = bfloat16
    Batch = 256 // as in MINIMAL.md; not in the table
    Epochs = 100<epoch>
    Seed = 0UL
    Evaluate = [ linearProbe 1e-6 100 ] // by AdamW there, on the last two layers
}

let small = {
    published with
        Data = "glyphs"
        Views =
            globals 2 (crops 28<px> (between 0.3 1.0))
            @ locals 2 (crops 16<px> (between 0.1 0.3)) // two small crops in place of six
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linearNoBias 256; batchNorm; relu; linear 64 ] // two layers of 256
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 } // a short run
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
