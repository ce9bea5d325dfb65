// SimCLRv2's distillation, large to small: a small network learns what a fine-tuned larger one says of images without labels.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2, equations 2 and 3; temperature 1
// Published  ImageNet, 1 % and 10 % of labels, ResNet-50 from ResNet-152 of three times the width: 73.9 and 77.5 top-1
// Command    after Recipes/simclr-v2-finetune.fsx --out runs/simclr-v2-finetuned: ./research run Recipes/simclr-v2-distill.fsx
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let simclr =
    trained
        "runs/simclr-v2"
        (compactResNet [ 48; 96; 144 ] 1)
        (head [ linearNoBias 144; batchNorm; relu; linearNoBias 144; batchNorm; relu; linear 128 ])

let teacher = trained "runs/simclr-v2-finetuned" (startingFrom simclr 3) (head [ linear 10 ])

let large =
    trained "runs/simclr-v2" (resnet 152 |> wider 3 |> selective |> zeroInit) (simclrV2Head 6144)

let largeTeacher = trained "runs/simclr-v2-finetuned" (startingFrom large 3) (head [ linear 1000 ])

let published = {
    Name = "simclr-v2-distill"
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
        Encoder = compactResNet [ 32; 64; 96 ] 1 // two thirds of its teacher's width
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ distil teacher 1.0 1.0 ] // 250 labels, both terms with weight 1
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
