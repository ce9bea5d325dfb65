// SimCLRv2's distillation: a student learns what a fine-tuned run says of images without labels, beside few labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: equations 2 and 3; distillation_self_training.ipynb
// Command    after Recipes/finetune.fsx --out runs/finetune: ./research run Recipes/distill.fsx
// Expect     not measured at this length yet; Recipes/README.md says what a short trial gave
#load "prelude.fsx"
open Vantage

let encoder = compactResNet [ 32; 64; 96 ] 1

let simclr = trained "runs/simclr" encoder (head [ linearNoBias 128; batchNorm; relu; linear 128 ])

let teacher = trained "runs/finetune" (startingFrom simclr 3) (head [ linear 10 ])

let large = resnet 152 |> wider 3 |> selective |> zeroInit

let largeTeacher =
    trained
        "runs/finetuned-large"
        (startingFrom (trained "runs/simclr-v2-large" large (simclrV2Head 6144)) 3)
        (head [ linear 1000 ])

let published = {
    Name = "distill"
    Source = arxiv "2006.10029" "equations 2 and 3"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = resnet 50 |> zeroInit
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 13 1024 [ distil largeTeacher 1.0 1.0 ] // how labels weigh is not known
    Optimizer = { Rule = Rule.Lars 0.9; Rate = warmup 10<epoch> (cosine 4.8 0.0); Decay = 1e-4 } // as before fine-tuning
    Precision = float32s
    Batch = 4096
    Epochs = 400<epoch> // from memory
    Seed = 0UL
    Evaluate = [ classifier ]
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 (augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.25 ] ]) // glyphs mean something else mirrored
        Encoder = encoder // a student like its teacher
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ distil teacher 1.0 1.0 ] // 250 labels, both terms with weight 1
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
