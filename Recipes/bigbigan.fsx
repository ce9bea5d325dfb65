// BigBiGAN: an encoder and a generator learn to make pairs of image and code that discriminators take for one another's.
// Source     Donahue and Simonyan 2019, arXiv 1907.02544: section 2
// Published  ImageNet, linear, ResNet-50: 55.4 to 56.6 top-1; RevNet-50 4x 61.3 (from memory and the tables of SimCLR)
// Command    ./research run Recipes/bigbigan.fsx [--data fashion-mnist]
// Expect     see Recipes/README.md: scores, time and machine
#load "prelude.fsx"
open Vantage

let view = augment [ crop 28<px> (between 0.6 1.0); standardize [ 0.5 ] [ 0.5 ] ]

let published = {
    Name = "bigbigan"
    Source = arxiv "1907.02544" "section 2"
    Data = "folder:imagenet"
    OnCorrupt = stop
    Views = globals 1 (inceptionView 128<px> (between 0.08 1.0)) // the encoder sees 256 px there
    Encoder = resnet 50 // its second version there
    Projector = head [ linear 4096; relu; linear 4096; relu; linear 120 ] // residual there; widths from memory
    Passes = together
    Avoid = [] // the contest itself
    Objective = bigBiGan 32 512 |> judging 2 // 96 and 2048 there (from memory), blocks and attention of BigGAN
    Optimizer = { Rule = Rule.Adam (0.0, 0.999); Rate = constant 2e-4; Decay = 0.0 } // 5e-5 for the generator there
    Precision = float32s
    Batch = 2048
    Epochs = 800<epoch> // 500,000 steps
    Seed = 0UL
    Evaluate = [ linearProbe 1e-4 100 ] // by SGD there
}

let small = {
    published with
        Data = "glyphs"
        Views = globals 1 view // no flip: glyphs mean something else mirrored
        Encoder = compactResNet [ 32; 64; 96 ] 1 // 28 px on two cores
        Projector = head [ linear 16; batchNormPlain ] // as many values as suit ten classes, even from the start
        Objective = bigBiGan 16 128 // both step every time: a short run
        Optimizer = { Rule = Rule.Adam (0.5, 0.999); Rate = constant 1e-3; Decay = 0.0 } // a short run
        Precision = bfloat16 // half the memory traffic
        Batch = 64 // more steps
        Epochs = 10<epoch> // minutes
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60 ] // no training by SGD
}

runs published small
