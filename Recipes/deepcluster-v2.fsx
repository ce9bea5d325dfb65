// DeepCluster-v2: an image's label is its cluster among last epoch's embeddings; all its crops predict it.
// Source     Caron et al. 2020, arXiv 2006.09882: appendix D; main_deepclusterv2.py: spherical k-means of 10 iterations, temperature 0.1
// Published  ImageNet, ResNet-50, linear: 75.2 top-1 after 800 epochs; 70.2 after 400 without small crops (README of SwAV)
// Differs    SimCLR's view, encoder, optimizer and length for two cores; one head in place of three; 2 crops of 28 px and 2 of 16 px; 300 clusters
// Command    ./research run Recipes/deepcluster-v2.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let crops size area = augment [ crop size area; flip; colorDistortion 1.0; standardize [ 0.5 ] [ 0.25 ] ]

let views =
    globals 2 (crops 28<px> (between 0.3 1.0))
    @ locals 2 (crops 16<px> (between 0.1 0.3))

let recipe = {
    Name = "deepcluster-v2"
    Source = arxiv "2006.09882" "appendix D"
    Data = "glyphs"
    OnCorrupt = stop
    Views = views
    Encoder = compactResNet [ 32; 64; 96 ] 1
    Projector = head [ linear 256; batchNorm; relu; linear 128 ]
    Passes = together
    Avoid = [ relabelByKMeans 10 ]
    Objective = swapCodes 0.1 (prototypes 300 0<epoch>)
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 1e-2 0.0); Decay = 1e-4 }
    Precision = bfloat16
    Batch = 256
    Epochs = 10<epoch>
    Seed = 0UL
    Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ]
}

run recipe
