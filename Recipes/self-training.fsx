// Self-training: a network learns what a fine-tuned one of its own kind says of images without labels, sharpened.
// Source     Chen et al. 2020b, arXiv 2006.10029: section 2, self-distillation at temperature 0.1 (distillation_self_training.ipynb)
// Published  ImageNet, 1 % and 10 % of labels, ResNet-152 of three times the width with selective kernels from itself: 76.6 and 80.9 top-1 (from memory of table 3)
// Command    after Recipes/simclr-v2-finetune.fsx --out runs/simclr-v2-finetuned: ./research run Recipes/self-training.fsx
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let simclr =
    trained
        "runs/simclr-v2"
        (compactResNet [ 48; 96; 144 ] 1)
        (head [ linearNoBias 144; batchNorm; relu; linearNoBias 144; batchNorm; relu; linear 128 ])

let teacher = trained "runs/simclr-v2-finetuned" (startingFrom simclr 3) (head [ linear 10 ])

let large = trained "runs/simclr-v2" (resnet 50 |> zeroInit) (simclrV2Head 2048)

let largeTeacher = trained "runs/simclr-v2-finetuned" (startingFrom large 3) (head [ linear 1000 ])

let published = {
    Name = "self-training"
    Source = arxiv "2006.10029" "equation 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 224<px> (between 0.08 1.0))
    Encoder = startingFrom large 3 // as the teacher started
    Projector = head [ linear 1000 ]
    Passes = together
    Avoid = []
    Objective = semiSupervised 13 1024 [ distil largeTeacher 0.1 1.0 ] // how labels weigh is not known
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
        Encoder = startingFrom simclr 3 // 28 px on two cores
        Projector = head [ linear 10 ] // 10 classes
        Objective = semiSupervised 25 64 [ distil teacher 0.1 1.0 ] // 250 labels, both terms with weight 1
        Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-3 0.0); Decay = 1e-4 } // AdamW: LARS is made for batches of thousands
        Precision = bfloat16 // half the memory traffic
        Batch = 192 // and 64 with labels
        Epochs = 10<epoch> // minutes
        Evaluate = [ classifier; knn 200 0.1; linearProbe 1e-4 60 ] // as the others
}

runs published small
