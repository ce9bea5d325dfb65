/// The published heads by name: their layers and how many numbers they learn.
module Vantage.Tests.HeadWordTests

open Expecto
open TorchSharp
open Vantage

/// Weights and biases of dense layers, scales and offsets of norms, on rows of this width.
let private count inputs (Head layers) =
    ((int64 inputs, 0L), layers)
    ||> List.fold (fun (width, sum) layer ->
        match layer with
        | Layer.Linear (outputs, bias) ->
            let outputs = int64 outputs
            outputs, sum + width * outputs + (if bias then outputs else 0L)
        | Layer.BatchNorm (scale, offset) ->
            width, sum + (if scale then width else 0L) + (if offset then width else 0L)
        | Layer.JoinTiles -> width, sum + 9L * width * width + width
        | _ -> width, sum)
    |> snd

// How it reads, layer by layer: L dense with a bias, l without; B batch norm, b with a scale only, p plain; R ReLU, G GELU; J tiles joined.
let private short (Head layers) =
    layers
    |> List.map (function
        | Layer.Linear (width, true) -> $"L{width}"
        | Layer.Linear (width, false) -> $"l{width}"
        | Layer.BatchNorm (true, true) -> "B"
        | Layer.BatchNorm (true, false) -> "b"
        | Layer.BatchNorm (false, false) -> "p"
        | Layer.Relu -> "R"
        | Layer.Gelu -> "G"
        | Layer.JoinTiles -> "J"
        | other -> Print.layer other)
    |> String.concat " "

/// Name, head, the width it stands on, its layers as published, and its numbers worked out from the published widths.
let private published = [
    "simclrHead", simclrHead 2048, 2048, "l2048 B R l128 b", 2048L * 2048L + 4096L + 2048L * 128L + 128L
    "simclrLinearHead", simclrLinearHead, 2048, "l128 b", 2048L * 128L + 128L
    "simclrV2Head",
    simclrV2Head 2048,
    2048,
    "l2048 B R l2048 B R l128 b",
    2L * (2048L * 2048L + 4096L) + 2048L * 128L + 128L
    "supConHead", supConHead 2048, 2048, "L2048 R L128", 2048L * 2049L + 128L * 2049L
    "mocoHead", mocoHead, 2048, "L128", 128L * 2049L
    "mocoV2Head", mocoV2Head, 2048, "L2048 R L128", 2048L * 2049L + 128L * 2049L
    "mocoV3Head", mocoV3Head, 2048, "l4096 B R l256 p", 4096L * 2048L + 8192L + 256L * 4096L
    "mocoV3Predictor", Head mocoV3Predictor, 256, "l4096 B R l256", 4096L * 256L + 8192L + 256L * 4096L
    "mocoV3VitHead",
    mocoV3VitHead,
    384,
    "l4096 B R l4096 B R l256 p",
    4096L * 384L + 8192L + 4096L * 4096L + 8192L + 256L * 4096L
    "mocoV3VitPredictor",
    Head mocoV3VitPredictor,
    256,
    "l4096 B R l256 p",
    4096L * 256L + 8192L + 256L * 4096L
    "pirlHead", pirlHead, 2048, "L128 J", 128L * 2049L + 128L * 1153L
    "byolHead", byolHead, 2048, "L4096 B R l256", 4096L * 2049L + 8192L + 256L * 4096L
    "byolPredictor", Head byolPredictor, 256, "L4096 B R l256", 4096L * 257L + 8192L + 256L * 4096L
    "simsiamHead", simsiamHead, 2048, "l2048 B R l2048 B R l2048 p", 3L * 2048L * 2048L + 2L * 4096L
    "simsiamPredictor", Head simsiamPredictor, 2048, "l512 B R L2048", 2048L * 512L + 1024L + 2048L * 513L
    "barlowHead",
    barlowHead,
    2048,
    "l8192 B R l8192 B R l8192",
    2048L * 8192L + 2L * 8192L * 8192L + 2L * 16384L
    "vicregHead",
    vicregHead,
    2048,
    "L8192 B R L8192 B R l8192",
    8192L * 2049L + 8192L * 8193L + 8192L * 8192L + 2L * 16384L
    "wmseHead", wmseHead, 512, "L1024 B R L64", 1024L * 513L + 2048L + 64L * 1025L
    "swavHead", swavHead, 2048, "L2048 B R L128", 2048L * 2049L + 4096L + 128L * 2049L
    "dinoHead", dinoHead, 384, "L2048 G L2048 G L256", 2048L * 385L + 2048L * 2049L + 256L * 2049L
    "msnHead",
    msnHead,
    384,
    "L2048 B G L2048 B G L256",
    2048L * 385L + 2048L * 2049L + 256L * 2049L + 2L * 4096L
    "canHead", canHead 768, 768, "L768 R L128", 768L * 769L + 128L * 769L
]

[<Tests>]
let tests =
    testList "Published heads" [
        for name, it, inputs, layers, numbers in published do
            test $"{name} has its layers and numbers" {
                Expect.equal (short it) layers "layers"
                Expect.equal (count inputs it) numbers "numbers"
            }
        for name, it, inputs, _, numbers in published do
            // Barlow's and VICReg's take 600 MB.
            if numbers < 30_000_000L then
                test $"{name} is built with as many numbers" {
                    use _ = torch.NewDisposeScope ()
                    let weights = Weights (torch.CPU, 0UL, float32s, true)
                    Heads.buildForTiles weights "head" inputs 9 it |> ignore
                    let built = weights.Parameters |> List.sumBy (fun (_, tensor) -> tensor.NumberOfElements)
                    Expect.equal built numbers "numbers"
                }
        test "recipes take them, predictors beside their projectors" {
            let small = Generators.small
            let good = [
                for name, it, _, _, _ in published do
                    if not (name.EndsWith "Predictor") && name <> "pirlHead" then
                        { small with Name = name; Projector = it }
                for it, rule in
                    [
                        mocoV3Head, predict mocoV3Predictor
                        mocoV3VitHead, predict mocoV3VitPredictor
                        byolHead, predict byolPredictor
                        simsiamHead, predictUndecayed simsiamPredictor
                    ] do
                    {
                        small with
                            Objective = regression
                            Projector = it
                            Avoid = [ momentumTarget 0.99; rule ]
                    }
                { Strategies.named "PIRL" with Projector = pirlHead }
            ]
            for recipe in good do
                Expect.isEmpty (Check.recipe recipe) $"{recipe.Name} {Print.head recipe.Projector}"
        }
    ]
