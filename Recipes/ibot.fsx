// iBOT: DINO on a transformer that also predicts the scores of patches it was not shown.
// Source     Zhou et al. 2022, arXiv 2111.07832: equations 2 and 3, half of the global views hide 0.1 to 0.5 of their patches in blocks
// Published  ImageNet, k-NN, linear, fine-tuned: ViT-S 75.2, 77.9, 82.3; ViT-B 77.1, 79.5, 84.0 (official repository)
// Differs    a transformer of 4 blocks and 7 px patches, SimCLR's view and length for two cores; 2 crops of 28 px and 2 of 14 px; 512 prototypes; one temperature and
//            centre momentum for views and patches; momentum from 0.99
// Command    ./research run Recipes/ibot.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let views =
    globals 2 (crops 28<px> (between 0.3 1.0))
    @ locals 2 (crops 14<px> (between 0.1 0.3))

let recipe = {
    Name = "ibot"
    Source = arxiv "2111.07832" "equations 2 and 3"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = vitCompact 28<px> 7<px>
    Projector = head [ linear 256; gelu; linear 256; gelu; linear 64 ]
    Passes = together
    Avoid = [ momentumTarget 0.99; centre 0.9; sharpen 0.04 ]
    Objective = selfDistill 0.1 (prototypes 512 1<epoch>) |> hiding 0.1 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 2e-3 0.0); Decay = 4e-2 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
