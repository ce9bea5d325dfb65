module Vantage.Tests.PrintTests

open System
open System.IO
open Expecto
open FsCheck.FSharp
open Vantage

// Recipes that differ in everything that can differ.
let private recipes =
    let views = Gen.sampleWithSeed (FsCheck.Rnd 11UL) 30 12 Generators.view |> Array.toList
    views
    |> List.mapi (fun i view -> {
        Generators.small with
            Name = $"recipe \"{i}\" \\ é"
            Views = globals 2 view
            Seed = UInt64.MaxValue - uint64 i
            Encoder = (if i % 2 = 0 then resnet18Small else compactResNet [ 8; 1 + i ] i)
            Objective =
                [
                    ntXent (0.1 * float (i + 1))
                    decoupled 0.1
                    ntLogistic 0.5
                    marginTriplet 0.8
                    barlowTwins 0.0051
                    vicReg 25.0 25.0 1.0
                    alignUniform 2.0 1.0
                    infoNce 0.07
                    infoNceBothWays 0.2
                    regression
                    negativeCosine
                    swapCodes 0.1 (prototypes 300 1<epoch>)
                    selfDistill 0.1 (prototypes 4096 0<epoch>)
                    sliced sphere 5.0
                    sliced cube 1.0
                    sliced normal 0.5
                    supCon 0.1
                ][i % 17]
            Passes = [ together; eachView; inPieces 4 eachView ][i % 3]
            Projector =
                head [
                    linear 16
                    batchNorm
                    batchNormScale
                    batchNormPlain
                    layerNorm
                    relu
                    gelu
                    dropout 0.1
                    unitLength
                    linearNoBias (i + 1)
                ]
            OnCorrupt = (if i % 3 = 0 then stop else skip)
            Optimizer = {
                Rule =
                    [
                        Rule.AdamW
                        Rule.Clipped (3.0, Rule.Sgd 0.9)
                        Rule.Lars 0.95
                        Rule.Lamb
                        Rule.Adam (0.5, 0.999)
                        Rule.Accumulated (8, Rule.Clipped (1.0, Rule.AdamW))
                    ][i % 5]
                Rate =
                    [
                        constant 1e-3
                        warmup 2<epoch> (cosine 0.3 1e-9)
                        steps 0.1 0.5 [ 3<epoch>; 7<epoch> ]
                        arc 0.03 0.4375
                        warmupShare 0.05 (constant 0.2)
                    ][i % 5]
                Decay = 1e-6 * float i
            }
            Avoid =
                (if i = 5 then
                     []
                 else
                     [
                         [ repel inBatch; repel (queue 4096); repel (bank 0.5); repel (bankNoise 64 0.25) ][i %
                                                                                                                4]
                         stopGradient
                         [
                             predict [ linear 8 ]
                             predictUndecayed [ linear 8; batchNorm ]
                             predictTimes 10.0 [ linear 8 ]
                         ][i % 3]
                         (if i % 2 = 0 then momentumTarget 0.99 else constantMomentumTarget 0.999)
                         centre 0.9
                         sharpen 0.04
                         balance 0.05 3
                         decorrelate
                         keepVariance
                         matchPrior
                         (if i % 2 = 0 then whiten 128 else whitenShrunk 64 0.01)
                     ])
    })

let private protocols = {
    Generators.small with
        Name = "every protocol"
        Encoder = laptopResNet [ 32; 64 ] 1
        Precision = channelsFirst bfloat16
        Evaluate = [
            linearSweep 0.1 200
            simclrLinear 4096
            mocoLinear 256
            byolLinear 1024
            balancedLabels 1.0 (perClass (dinoLinear 128))
            randomLabels 10.0 (knn 5 0.1)
            balancedLabels 1.0 (simclrFineTune 60 64)
            simclr2FineTune 3 60 1024
            yield! labelCurve 3 (knn 5 0.1)
            corrupted 1000 Corruption.all (knn 5 0.1)
            augmented (mocoLinear 256)
            yield!
                transformations 10000 [
                    Transformation.Grey
                    Transformation.Turned
                    Transformation.Noisy 0.2
                    Transformation.Sobel
                ]
            yield!
                transfer "folder:a \"b\"" [
                    meanPrecision (knn 5 0.1)
                    randomLabels 10.0 (simclrFineTune 30 64)
                ]
            onlineProbe 1e-3
            classifier
        ]
}

/// Recipes that differ in everything that can differ, and those of all methods.
let everyRecipe = protocols :: recipes @ (Strategies.all |> List.map snd) |> List.distinct

/// Recipes as text.
[<Tests>]
let tests =
    testList "Print" [
        test "printed recipes read back equal" {
            // One script compiles all of them and prints each again.
            Script.inFolder (fun folder ->
                let bin = AppContext.BaseDirectory
                let quoted = "\"\"\""
                let script = [
                    $"#r @\"{bin}Vantage.Kernels.dll\""
                    $"#r @\"{bin}Vantage.dll\""
                    "open Vantage"
                    for i, recipe in List.indexed everyRecipe do
                        $"let recipe{i}: Recipe ="
                        yield!
                            (Print.recipe recipe).TrimEnd().Split '\n'
                            |> Array.map (fun line -> "    " + line)
                        $"if Print.fingerprint recipe{i} <> \"{Print.fingerprint recipe}\" then failwith {quoted}recipe {i} reads back as another{quoted}"
                    "printfn \"all equal\""
                ]
                let file = Path.Combine (folder, "recipes.fsx")
                File.WriteAllLines (file, script)
                let ended = Script.run (TimeSpan.FromMinutes 3.0) folder [] file
                Expect.equal ended.Code (Some 0) (Script.tail 20 ended.Text)
                Expect.stringContains ended.Text "all equal" "output")
        }
        test "different recipes have different fingerprints" {
            let prints = everyRecipe |> List.map Print.fingerprint
            Expect.equal (List.distinct prints).Length everyRecipe.Length "fingerprints"
        }
        test "a fingerprint does not change" {
            // Of the text below, by sha256sum; it must be the same in every process and on every machine.
            let text = Print.recipe Generators.small
            let expected = Security.Cryptography.SHA256.HashData (Text.Encoding.UTF8.GetBytes text)
            Expect.equal (Print.fingerprint Generators.small) (Convert.ToHexStringLower expected) "SHA-256"
            Expect.stringContains text "Epochs = 3<epoch>" "units are written"
            Expect.stringContains text "Seed = 5UL" "the seed is a literal"
        }
    ]
