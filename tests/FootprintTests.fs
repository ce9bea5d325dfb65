module Vantage.Tests.FootprintTests

open Expecto
open Vantage

let private shape = { Images = 40; Channels = 3; Height = 20<px>; Width = 18<px> }

let private small = Generators.small

let private ruled rule = { small with Optimizer = { small.Optimizer with Rule = rule } }

let private of' recipe = Explain.footprint recipe shape

/// What a run's memory is made of; `./research bench peaks` holds the sum to measured runs.
[<Tests>]
let tests =
    testList "Footprint" [
        test "activations and views grow with the batch, weights do not" {
            let one, two = of' small, of' { small with Batch = 2 * small.Batch }
            Expect.equal two.Activations (2L * one.Activations) "activations"
            Expect.equal two.Views (2L * one.Views) "views"
            Expect.equal
                (two.Weights, two.Gradients, two.State)
                (one.Weights, one.Gradients, one.State)
                "weights"
        }
        test "pieces divide activations, accumulated or cached" {
            let whole = of' small
            for pieces, recipe in
                [
                    2, ruled (Rule.Accumulated (2, Rule.AdamW))
                    4, { small with Passes = inPieces 4 small.Passes }
                    4, { ruled (Rule.Accumulated (2, Rule.AdamW)) with Passes = inPieces 2 small.Passes }
                ] do
                Expect.equal (of' recipe).Activations (whole.Activations / int64 pieces) $"{pieces} pieces"
        }
        test "AdamW keeps two values beside each weight, SGD one, and a target is as many weights again" {
            let adam, sgd = of' (ruled Rule.AdamW), of' (ruled (Rule.Clipped (1.0, Rule.Sgd 0.9)))
            Expect.equal adam.State (2L * sgd.State) "state"
            Expect.equal sgd.State sgd.Gradients "as many as gradients"
            let byol = of' (Strategies.named "MoCo")
            Expect.equal byol.Weights (2L * byol.Gradients) "target"
        }
        test "images are bytes, and bfloat16 halves activations" {
            Expect.equal (of' small).Images (40L * 3L * 20L * 18L) "images"
            Expect.equal
                (of' { small with Precision = bfloat16 }).Activations
                ((of' small).Activations / 2L)
                "halves"
        }
        test "explain states the peak and what it is made of" {
            let stated = of' small
            Expect.isGreaterThan
                stated.Peak
                (stated.Base + stated.Weights + stated.State)
                "more than what is always there"
            Expect.stringContains (Explain.recipe small shape) (Footprint.words stated) "words"
        }
    ]
