module Vantage.Tests.LawTests

open Expecto
open FsCheck.FSharp
open Vantage
open Vantage.Kernels

let private plain = FsCheckConfig.defaultConfig

let private tree name = testPropertyWithConfig Generators.trees name

let private rendered (augmentation: Augmentation) (engine: IViewEngine) seed =
    let split = Generators.patterns "laws" 3 3 13 2
    let recipe = { Generators.small with Views = globals 1 augmentation; Seed = seed }
    let viewer = Views.viewer engine 3 13 13 recipe
    let images = Array.init 3 split.Read
    let values = Array.zeroCreate<float32>(3 * viewer.Shape.Length)
    Views.render viewer 1 [| 0; 1; 2 |] images 1 values
    values

let private engines = [ ViewEngine.Best (); ViewEngine.Torch TorchSharp.torch.CPU ]

/// The algebra of augmentations, the plan's numbering, draws as pure functions.
[<Tests>]
let tests =
    testList "Laws" [
        tree "sequence is associative" (fun (a: Augmentation) b c ->
            augment [ a; augment [ b; c ] ] = augment [ augment [ a; b ]; c ])
        tree "identity is neutral" (fun (a: Augmentation) ->
            let once = augment [ a ]
            augment [ Augmentation.identity; a ] = once
            && augment [ a; Augmentation.identity ] = once)
        tree "sometimes 0 is the identity and sometimes 1 the step" (fun (a: Augmentation) ->
            sometimes 0.0 a = Augmentation.identity && sometimes 1.0 a = a)
        tree "sites count every draw once" (fun (a: Augmentation) ->
            let plan = Plan.ofAugmentation a
            let rec sites planned =
                planned
                |> List.collect (function
                    | Planned.Do (site, draws, _, _) -> [ site .. site + draws - 1 ]
                    | Planned.Choose (site, _, branches) -> site :: List.collect sites branches
                    | Planned.Gate (site, _, inside) -> site :: sites inside
                    | Planned.Pick (site, _, branches)
                    | Planned.Shuffle (site, branches) ->
                        [ site .. site + branches.Length - 1 ] @ List.collect sites branches)
            sites plan.Steps |> List.sort = [ 0 .. plan.Sites - 1 ])
        tree "every draw fills every slot" (fun (a: Augmentation) (seed: uint64) ->
            let plan = Plan.ofAugmentation a
            let untouched = Step (enum<Operation> 99, 0.0f, 0.0f, 0.0f, 0.0f)
            let table = Array.create (plan.Slots + 1) untouched
            Draw.row plan { Seed = seed; Epoch = 2; Image = 7L; View = 1 } 9 11 table 0
            table[plan.Slots] = untouched
            && not (Array.contains untouched table[.. plan.Slots - 1]))
        tree "a view can be made again alone" (fun (a: Augmentation) (seed: uint64) ->
            let viewer =
                Views.viewer (ViewEngine.Best ()) 3 13 13 {
                    Generators.small with
                        Views = globals 1 a
                        Seed = seed
                }
            let split = Generators.patterns "laws" 3 3 13 2
            let all = rendered a (ViewEngine.Best ()) seed
            let _, alone = Views.replay viewer 1 2 (split.Read 2) 0
            alone = all[2 * viewer.Shape.Length ..])
        testPropertyWithConfig
            { Generators.trees with maxTest = 2000; arbitrary = [ typeof<Generators.Sized> ] }
            "three engines agree on every tree"
            (fun (case: Generators.SizedTree) ->
                let reference = Generators.renderedBy ViewEngine.Reference case
                engines
                |> List.forall (fun engine ->
                    Close.worst (Generators.renderedBy engine case) reference <= Close.view))
        testPropertyWithConfig plain "a crop box lies in its image" (fun (seed: uint64) ->
            let height, width = 1 + int (seed % 40UL), 1 + int (seed / 40UL % 40UL)
            let area, aspect = Distribution.Uniform (0.08, 1.0), Distribution.LogUniform (0.75, 4.0 / 3.0)
            let draws = { Seed = seed; Epoch = 0; Image = 0L; View = 0 }
            let struct (top, left, h, w) = Draw.cropBox draws 0 area aspect height width
            h >= 1
            && w >= 1
            && top >= 0
            && left >= 0
            && top + h <= height
            && left + w <= width)
        test "crop areas follow their distribution" {
            let area, aspect = Distribution.Uniform (0.2, 1.0), Distribution.Exactly 1.0
            let shares =
                Array.init 4000 (fun i ->
                    let draws = { Seed = 3UL; Epoch = 0; Image = int64 i; View = 0 }
                    let struct (_, _, h, w) = Draw.cropBox draws 0 area aspect 1000 1000
                    float (h * w) / 1e6)
            // The mean of 4,000 values uniform on [0.2, 1] has a standard error of 0.0037; four of them.
            Expect.floatClose
                { absolute = 0.015; relative = 0.0 }
                (Array.average shares)
                0.6
                "mean share of the image"
            Expect.isTrue (Array.min shares >= 0.199 && Array.max shares <= 1.0) "range of shares"
        }
        testPropertyWithConfig plain "an epoch visits every image once" (fun (seed: uint64) ->
            let count = 1 + int (seed % 300UL)
            Array.sort (Order.permutation seed 3 count) = Array.init count id)
        test "epochs and seeds visit in different orders" {
            Expect.notEqual (Order.permutation 1UL 0 100) (Order.permutation 1UL 1 100) "epochs"
            Expect.notEqual (Order.permutation 1UL 0 100) (Order.permutation 2UL 0 100) "seeds"
        }
        testPropertyWithConfig
            plain
            "a distribution's draws lie between its ends"
            (fun (a: uint16) (b: uint16) (u: uint16) ->
                let low, high = 0.01 + float (min a b), 0.01 + float (max a b)
                let at = Distribution.at (float u / 65536.0)
                let inside x = x >= low * (1.0 - 1e-12) && x <= high * (1.0 + 1e-12)
                inside (at (Distribution.Uniform (low, high)))
                && inside (at (Distribution.LogUniform (low, high))))
        test "warm-up and cosine follow SimCLR's schedule" {
            // methods.md, section 7: 9766 steps of which 976 warm up, peak 1.
            let at step = Schedule.at 976 9766 step (warmup 1<epoch> (cosine 1.0 0.0))
            let expected = [ 0, 0.0; 1, 0.001025; 488, 0.5; 976, 1.0; 5371, 0.5; 9766, 0.0 ]
            for step, value in expected do
                Expect.isLessThan (abs (at step - value)) 1e-6 $"step {step}"
        }
        test "a warm-up by share keeps its shape for runs of any length" {
            let schedule share = warmupShare share (cosine 1.0 0.0)
            for total in [ 10; 234; 9760 ] do
                let at step = Schedule.at 10 total step (schedule 0.1)
                let warm = int (round (0.1 * float total))
                Expect.equal (at 0) 0.0 "starts at 0"
                Expect.equal (at warm) 1.0 "the peak at the end of the warm-up"
                Expect.isLessThan (abs (at total)) 1e-12 "ends at 0"
                Expect.isLessThan (abs (at (warm / 2) - float (warm / 2) / float warm)) 1e-12 "linear"
            // A warm-up of one epoch of ten is a warm-up of a tenth.
            for step in 0..100 do
                Expect.equal
                    (Schedule.at 10 100 step (schedule 0.1))
                    (Schedule.at 10 100 step (warmup 1<epoch> (cosine 1.0 0.0)))
                    $"step {step}"
            Expect.equal (Schedule.at 10 100 0 (schedule 0.0)) 1.0 "without a warm-up, the peak at once"
        }
        test "a rate falls by steps, counted from the end of its warm-up, and along an arc" {
            let at step = Schedule.at 10 60 step (warmup 1<epoch> (steps 1.0 0.1 [ 2<epoch>; 4<epoch> ]))
            for step, value in [ 0, 0.0; 5, 0.5; 10, 1.0; 29, 1.0; 30, 0.1; 49, 0.1; 50, 0.01; 60, 0.01 ] do
                Expect.isLessThan (abs (at step - value)) 1e-12 $"step {step}"
            // methods.md, section 1.5: FixMatch ends at 0.19509 of its rate.
            let arc step = Schedule.at 10 60 step (arc 1.0 0.4375)
            for step, value in [ 0, 1.0; 30, cos (0.21875 * System.Math.PI); 60, 0.19509 ] do
                Expect.isLessThan (abs (arc step - value)) 1e-5 $"arc, step {step}"
        }
        testPropertyWithConfig plain "ablations leave out one mechanism each" (fun (n: byte) ->
            let recipe = { Generators.small with Avoid = List.replicate (int n % 5) (repel inBatch) }
            let ablations = Recipe.ablations recipe
            ablations.Length = recipe.Avoid.Length
            && ablations |> List.forall (fun r -> r.Avoid.Length = recipe.Avoid.Length - 1))
    ]
