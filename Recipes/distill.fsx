// SimCLRv2's distillation: a student learns what a fine-tuned run says of images without labels, beside few labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: equations 2 and 3; distillation_self_training.ipynb
// Differs    a student like its teacher, at temperature 1; 25 labels of each class; AdamW in place of LARS; both terms with weight 1
// Command    after Recipes/finetune.fsx --out runs/finetune: ./research run Recipes/distill.fsx
// Expect     not measured at this length yet; Recipes/README.md says what a short trial gave
#load "prelude.fsx"
open Vantage

let encoder = compactResNet [ 32; 64; 96 ] 1

let simclr = trained "runs/simclr" encoder (head [ linearNoBias 128; batchNorm; relu; linear 128 ])

let teacher = trained "runs/finetune" (startingFrom simclr 3) (head [ linear 10 ])

let recipe = {
    Name = "distill"
    Source = arxiv "2006.10029" "equations 2 and 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = globals 1 (augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ])
    Encoder = encoder
    Projector = head [ linear 10 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 25 64 [ distil teacher 1.0 1.0 ]
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 192
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
