/// Rewrites of plans: each keeps the equality that it names, on generated trees.
module Vantage.Tests.RewriteTests

open System
open Expecto
open Vantage
open Vantage.Kernels

let private images = Generators.patterns "rewrites" 3 3 13 2

let private rendered engine plan seed =
    let draws = Array.init 3 (fun i -> { Seed = seed; Epoch = 0; Image = int64 i; View = 0 })
    let values, _ = Views.ofPlan engine plan (Array.init 3 images.Read) draws 1
    Array.map float values

let private apply (rewrite: Rewrite) (plan: Plan) =
    let steps = rewrite.Apply plan.Steps
    { plan with Steps = steps; Slots = Plan.width steps }

let private step operation = Planned.Do (0, 0, 1, operation)
let private theCrop = Augmentation.Crop (8<px>, exactly 1.0, exactly 1.0, Resampling.Bilinear)

let private becomes (rewrite: Rewrite) before after =
    testCase $"{rewrite.Name}: {before}" (fun () ->
        Expect.equal (rewrite.Apply before) after "the plan after")

[<Tests>]
let tests =
    testList "Rewrites" [
        for rewrite in Rewrite.all do
            testPropertyWithConfig Generators.trees $"{rewrite.Name}: pathwise" (fun tree (seed: uint64) ->
                let plan =
                    Plan.ofAugmentation (
                        augment [ theCrop; tree; sometimes 0.5 Augmentation.FlipHorizontal ]
                    )
                let after = apply rewrite plan
                rewrite.Keeps = Equality.Pathwise
                && after.Sites = plan.Sites
                && Close.worst
                    (rendered ViewEngine.Reference plan seed)
                    (rendered ViewEngine.Reference after seed)
                   <= Close.lastBit
                && Close.worst
                    (rendered ViewEngine.Reference plan seed)
                    (rendered (ViewEngine.Best ()) after seed)
                   <= Close.view)

        testPropertyWithConfig Generators.trees "rewriting again changes nothing" (fun tree ->
            let once, _ = Rewrite.plan (Plan.ofAugmentation tree)
            let twice, used = Rewrite.plan once
            twice = once && used = [])

        becomes Rewrite.deadGates [ Planned.Gate (3, 0.0, [ step theCrop ]) ] []
        becomes Rewrite.deadGates [ Planned.Gate (3, 1.0, [ step theCrop ]) ] [ step theCrop ]
        becomes Rewrite.deadGates [ Planned.Gate (0, 0.5, [ Planned.Gate (1, 0.0, [ step theCrop ]) ]) ] []
        becomes Rewrite.flatChoices [ Planned.Choose (0, [ 1.0 ], [ [ step theCrop ] ]) ] [ step theCrop ]
        becomes Rewrite.flatChoices [ Planned.Pick (0, 1, [ [ step theCrop ] ]) ] [ step theCrop ]
        becomes Rewrite.idle [ step (Augmentation.Hue (exactly 0.0)) ] []
        becomes Rewrite.flipToCrop [
            step theCrop
            step Augmentation.Grayscale
            step Augmentation.FlipHorizontal
        ] [ step theCrop; step Augmentation.FlipHorizontal; step Augmentation.Grayscale ]
        becomes Rewrite.flipToCrop [
            step theCrop
            step (Augmentation.Noise (exactly 0.1))
            step Augmentation.FlipHorizontal
        ] [ step theCrop; step (Augmentation.Noise (exactly 0.1)); step Augmentation.FlipHorizontal ]

        testCase "colour steps share a pass, crop and flip a warp, and the engine says so" (fun () ->
            let passes steps =
                let image = Image (Array.create (3 * 20 * 20) 9uy, 0, 3, 20, 20)
                Simd.SimdEngine.Passes (
                    image,
                    System.ReadOnlySpan (List.toArray steps),
                    ViewShape (3, 16, 16, Array.create 3 0.5f, Array.create 3 0.25f)
                )
                |> List.ofSeq
            let step operation a b = Step (operation, a, b, 12.0f, 12.0f)
            let one operation a = step operation a 0.0f
            Expect.equal
                (passes [
                    step Operation.Crop 1.0f 2.0f
                    one Operation.FlipHorizontal 0.0f
                    one Operation.Brightness 1.2f
                    one Operation.Contrast 0.8f
                    one Operation.Saturation 1.3f
                    one Operation.Hue 0.1f
                    Step (Operation.Blur, 1.0f, 3.0f, 0.0f, 0.0f)
                    one Operation.Solarize 0.5f
                ])
                [
                    "Crop and FlipHorizontal in one warp"
                    "Brightness, mean of grey"
                    "Contrast, Saturation, Hue"
                    "Blur"
                    "Solarize, standardize and write"
                ]
                "five passes for eight steps and a standardization"
            Expect.equal
                (passes [ one Operation.Brightness 1.0f; step Operation.Crop 0.0f 0.0f ])
                [ "Crop"; "standardize and write" ]
                "a step that changes nothing has no pass")

        testCase "explain prints the plan before and after" (fun () ->
            let recipe = {
                Generators.small with
                    Views =
                        globals
                            2
                            (augment [
                                crop 16<px> (between 0.3 1.0)
                                grayscale
                                flip
                                Augmentation.Hue (exactly 0.0)
                            ])
            }
            let shape = { Images = 100; Channels = 3; Height = 32<px>; Width = 32<px> }
            let text = Explain.recipe recipe shape
            for words in [ "idle operations dropped"; "crop and flip as one warp"; "runs as" ] do
                Expect.stringContains text words "explained")
    ]
