module Vantage.Tests.ProtocolCheckTests

open Expecto
open Vantage
open Vantage.Tests.ProtocolTests

/// What `check` and `explain` say of protocols.
[<Tests>]
let tests =
    testList "ProtocolCheck" [
        test "check names what is wrong with a protocol" {
            let shape = { Images = 64; Channels = 3; Height = 16<px>; Width = 20<px> }
            let found protocols = Check.onImages shape { Generators.small with Evaluate = protocols }
            Expect.isEmpty
                (Check.onImages { shape with Images = 2560 } { Generators.small with Evaluate = protocols })
                "all are good"
            Expect.equal (found [ knn 0 0.1 ]) [ RecipeError.BadProtocol (knn 0 0.1) ] "no neighbour"
            Expect.equal
                (found [ knn 65 0.1 ])
                [ RecipeError.NeighboursMoreThanImages (65, shape) ]
                "too many"
            let sgd change =
                match simclrLinear 8 with
                | Protocol.LinearSgd s -> Protocol.LinearSgd (change s)
                | _ -> failtest "not by SGD"
            for bad in
                [
                    linearSweep 0.0 5
                    linearSweep 1.0 5
                    linearSweep 0.1 0
                    balancedLabels 0.0 (linearProbe 0.0 1)
                    randomLabels 101.0 (linearProbe 0.0 1)
                    perClass (linearProbe -1.0 1)
                    sgd (fun s -> { s with Rates = [] })
                    sgd (fun s -> { s with Rates = [ 0.1; infinity ] })
                    sgd (fun s -> { s with HoldOut = 1.0 })
                    sgd (fun s -> { s with Decline = Decline.Steps [ 0 ] })
                    sgd (fun s -> { s with Batch = 0 })
                    sgd (fun s -> { s with Epochs = 0 })
                    sgd (fun s -> { s with Momentum = 1.0 })
                    sgd (fun s -> { s with Decay = -0.1 })
                    sgd (fun s -> { s with Name = "a b" })
                    Protocol.LinearCrops (
                        (match simclrLinear 8 with
                         | Protocol.LinearSgd s -> s
                         | _ -> failtest "not by SGD"),
                        0.0
                    )
                ] do
                Expect.equal (found [ bad ]) [ RecipeError.BadProtocol bad ] (Print.protocol bad)
            let tuned change =
                match simclrFineTune 1 8 with
                | Protocol.FineTune s -> Protocol.FineTune (change s)
                | _ -> failtest "not fine-tuned"
            for bad in
                [
                    tuned (fun s -> { s with Layers = -1 })
                    tuned (fun s -> { s with Rates = [] })
                    tuned (fun s -> { s with HoldOut = 0.0 })
                    tuned (fun s -> { s with Stepping = Stepping.Lars 1.0 })
                    tuned (fun s -> { s with Batch = 1 })
                    tuned (fun s -> { s with Epochs = 0 })
                    tuned (fun s -> { s with Crop = 0.0 })
                    tuned (fun s -> { s with Crop = 1.5 })
                    tuned (fun s -> { s with Decay = -1.0 })
                    tuned (fun s -> { s with Name = "" })
                    Protocol.Transfer ("", knn 5 0.1)
                    onlineProbe 0.0
                    overSeeds 1 (knn 5 0.1)
                    corrupted 0 Corruption.all (knn 5 0.1)
                    corrupted 5 [] (knn 5 0.1)
                    corrupted 5 [ Corruption.Jpeg; Corruption.Jpeg ] (knn 5 0.1)
                    Protocol.Transformed (Transformation.Noisy -1.0, 100)
                    Protocol.Transformed (Transformation.Sobel, 99)
                ] do
                Expect.equal (found [ bad ]) [ RecipeError.BadProtocol bad ] (Print.protocol bad)
            Expect.equal
                (found [ simclr2FineTune 5 1 8 ])
                [ RecipeError.FineTuneKeepsTooMuch (simclr2FineTune 5 1 8, 4) ]
                "the projector has four layers"
            Expect.equal
                (Check.onImages { shape with Channels = 1 } {
                    Generators.small with
                        Evaluate = transformations 100 [ Transformation.Grey; Transformation.Turned ]
                 }
                 |> List.filter (function
                     | RecipeError.TransformationNeedsColour _ -> true
                     | _ -> false))
                [ RecipeError.TransformationNeedsColour (Protocol.Transformed (Transformation.Grey, 100), 1) ]
                "grey has no colour to lose"
            Expect.isEmpty
                (found [ simclr2FineTune 4 1 8; balancedLabels 50.0 (simclrFineTune 1 8) ])
                "good ones"
            Expect.equal
                (found [ simclrFineTune 1 65 ])
                [ RecipeError.ProbeBatchLargerThanSet (simclrFineTune 1 65, 64) ]
                "a batch of 65"
            match found [ linearSweep nan 5 ] with
            | [ RecipeError.BadProtocol _ ] -> ()
            | other -> failtest $"not a number: {other}"
            let inner = balancedLabels 10.0 (linearProbe 0.0 1)
            let cases = [
                perClass (perClass (linearProbe 0.0 1)), perClass (linearProbe 0.0 1)
                balancedLabels 1.0 inner, inner
                randomLabels 1.0 classifier, classifier
                Protocol.Transfer ("mnist", classifier), classifier
                meanPrecision (perClass (knn 5 0.1)), perClass (knn 5 0.1)
                balancedLabels 50.0 (overSeeds 2 (knn 5 0.1)), overSeeds 2 (knn 5 0.1)
                corrupted 5 Corruption.all (overSeeds 2 (knn 5 0.1)), overSeeds 2 (knn 5 0.1)
                perClass (onlineProbe 1e-3), onlineProbe 1e-3
                overSeeds 2 (overSeeds 3 (knn 5 0.1)), overSeeds 3 (knn 5 0.1)
                perClass (Protocol.Transformed (Transformation.Sobel, 100)),
                Protocol.Transformed (Transformation.Sobel, 100)
                perClass (Protocol.Transfer ("mnist", knn 5 0.1)), Protocol.Transfer ("mnist", knn 5 0.1)
            ]
            for outer, inside in cases do
                Expect.equal
                    (found [ outer ])
                    [ RecipeError.ProtocolDoesNotFit (outer, inside) ]
                    (Print.protocol outer)
            Expect.equal
                (found [ knn 5 0.1; knn 6 0.1 ])
                [ RecipeError.ProtocolTwice "knn" ]
                "one would hide the other"
            Expect.isEmpty
                (found [ knn 5 0.1; balancedLabels 10.0 (knn 5 0.1); perClass (knn 5 0.1) ])
                "different names"
            Expect.equal
                (found [ randomLabels 10.0 (knn 7 0.1) ])
                [ RecipeError.NeighboursMoreThanImages (7, { shape with Images = 6 }) ]
                "7 neighbours of 6 labels"
            Expect.equal
                (found [ simclrLinear 65 ])
                [ RecipeError.ProbeBatchLargerThanSet (simclrLinear 65, 64) ]
                "a batch of 65"
            for error in
                [
                    RecipeError.ProtocolTwice "knn"
                    RecipeError.FineTuneKeepsTooMuch (simclr2FineTune 5 1 8, 4)
                    RecipeError.TransformationNeedsColour (Protocol.Transformed (Transformation.Grey, 100), 1)
                    RecipeError.ProbeBatchLargerThanSet (simclrLinear 65, 64)
                    RecipeError.ProtocolDoesNotFit (randomLabels 1.0 classifier, classifier)
                ] do
                Expect.isFalse ((Check.message error).Contains "RecipeError") "words, not a type"
        }
        test "explain says every protocol in words" {
            let shape = { Images = 640; Channels = 3; Height = 16<px>; Width = 20<px> }
            let text = Explain.recipe { Generators.small with Evaluate = protocols } shape
            for protocol in protocols do
                Expect.stringContains text (Protocol.words protocol) (Protocol.name protocol)
            Expect.stringContains text "10 % of the labels, as many of each class" "a share"
        }
    ]
