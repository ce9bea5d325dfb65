/// Objectives without explicit negatives: laws, and what holds for every objective.
module Vantage.Tests.StatisticLossTests

open System
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives
open Vantage.Tests.StatisticObjectives

let private matrix (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows)).to_type torch.float32

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        check {
            N = 2 + int (seed % 9UL)
            D = 1 + int (seed / 9UL % 8UL)
            T = 0.3
            Seed = seed % 1000000UL
        })

let private value c x objective = fst (kernel false 0 c x objective)
let private same x y = abs (x - y) < 1e-8 * (1.0 + abs y)

/// Each column times its own positive factor, plus its own shift.
let private scaled d (x: float array) =
    x |> Array.mapi (fun i v -> v * (1.0 + float (i % d)) + float (i % d) - 2.0)

[<Tests>]
let tests =
    testList "Objectives without negatives" [
        for objective in all do
            ContrastiveLossTests.checks objective

        property
            "Barlow Twins: each column's shift counts for nothing, its scale for nearly nothing"
            (fun c ->
                let x = inputs c (named "Barlow Twins")
                let shifted = x |> List.map (Array.mapi (fun i v -> v + float (i % c.D)))
                same (value c shifted (named "Barlow Twins")) (value c x (named "Barlow Twins")))
        test "Barlow Twins: a constant embedding costs d, what is the fixture's costs what it says" {
            let flat = Array.create 12 0.5
            let struct (loss, _, _) = Reference.BarlowTwins.Loss (flat, flat, 4, 0.0051)
            Expect.floatClose Accuracy.high loss 3.0 "d"
            // methods.md, section 7, and experiments.md, 1.6.
            let a, b =
                [| 1.0; 2.0; 0.0; -1.0; 2.0; 0.5; -1.0; 1.0 |], [| 1.5; 1.0; 0.2; -1.2; 1.0; 1.0; -1.0; 0.0 |]
            let struct (loss, _, _) = Reference.BarlowTwins.Loss (a, b, 4, 0.0051)
            Expect.isLessThan (abs (loss - 0.054830)) 5e-7 "fixture"
            let struct (loss, _, _) = Reference.VicReg.Loss (a, b, 4, 25.0, 25.0, 1.0)
            Expect.isLessThan (abs (loss - 11.659600)) 5e-6 "VICReg's fixture"
            let struct (loss, _, _) = Reference.VicReg.Loss (flat, flat, 4, 25.0, 25.0, 1.0)
            Expect.floatClose Accuracy.high loss 24.75 "VICReg of a constant"
        }
        property "VICReg: a translation of both views counts for nothing" (fun c ->
            let x = inputs c (named "VICReg")
            let moved = x |> List.map (Array.mapi (fun i v -> v + float (i % c.D)))
            same (value c moved (named "VICReg")) (value c x (named "VICReg")))
        property "views swapped" (fun c ->
            [ "Barlow Twins"; "Barlow Twins, unbiased"; "VICReg"; "hypersphere" ]
            |> List.forall (fun name ->
                let x = inputs c (named name)
                same (value c (List.rev x) (named name)) (value c x (named name))))
        property "rows permuted together" (fun c ->
            [ "Barlow Twins"; "VICReg"; "hypersphere" ]
            |> List.forall (fun name ->
                let x = inputs c (named name)
                let reversed = x |> List.map (Array.chunkBySize c.D >> Array.rev >> Array.concat)
                same (value c reversed (named name)) (value c x (named name))))
        property "BYOL: 0 where prediction and target are parallel, at most 4" (fun c ->
            let p = numbers c.Seed (c.N * c.D)
            let struct (aligned, _) =
                Reference.CosineRegression.Loss (p, Array.map (fun v -> 3.0 * v) p, c.N)
            let struct (opposed, _) = Reference.CosineRegression.Loss (p, Array.map (fun v -> -v) p, c.N)
            abs aligned < 1e-12 && abs (opposed - 4.0) < 1e-12)
        property "sliced Wasserstein: 0 against its own rows in any order" (fun c ->
            let z = numbers c.Seed (c.N * c.D)
            let shuffled = z |> Array.chunkBySize c.D |> Array.rev |> Array.concat
            let struct (loss, _) =
                Reference.SlicedWasserstein.Loss (z, shuffled, numbers 5UL (c.D * 4), c.N, false)
            abs loss < 1e-24)
        property "DINO: a uniform student costs log K, whatever the teacher" (fun c ->
            let flat = Array.create (c.N * c.D) 0.7
            let teacher = numbers c.Seed (c.N * c.D)
            let struct (loss, _) =
                Reference.Dino.Loss (
                    [| flat; flat |],
                    [| teacher; teacher |],
                    Array.zeroCreate c.D,
                    0.1,
                    0.04
                )
            abs (loss - log (float c.D)) < 1e-9)
        test "DINO's centre is the mean of a teacher that stands still" {
            use _ = torch.NewDisposeScope ()
            let teacher = matrix [| 1.0; 3.0; 1.0; 3.0 |] 2
            let mutable centre = torch.zeros (1L, 2L)
            for _ in 1..200 do
                centre <- Torch.Dino.Centre (centre, [| teacher |], 0.9)
            Expect.isTrue (centre.allclose (matrix [| 1.0; 3.0 |] 1)) "fixed point"
        }
        test "what does not fit is refused" {
            let one, wide = torch.zeros (1L, 3L), torch.zeros (4L, 3L)
            let message f =
                try
                    f () |> ignore
                    "accepted"
                with :? ArgumentException as e ->
                    e.Message
            Expect.stringContains
                (message (fun () -> Torch.BarlowTwins.Loss (one, one, 0.1)))
                "at least 2"
                "one row"
            Expect.stringContains
                (message (fun () -> Torch.BarlowTwins.Loss (wide, wide, -1.0)))
                "lambda is -1"
                "a weight"
            Expect.stringContains
                (message (fun () -> Torch.VicReg.Loss (wide, one, 1.0, 1.0, 1.0)))
                "[1, 3]"
                "shapes"
            Expect.stringContains
                (message (fun () -> Torch.Hypersphere.Loss (wide, wide, 0.0, 1.0)))
                "0"
                "sharpness"
            Expect.stringContains
                (message (fun () -> Torch.SlicedWasserstein.Loss (wide, wide, torch.zeros (2L, 5L), false)))
                "[2, 5]"
                "directions"
            Expect.stringContains
                (message (fun () -> Torch.Dino.Loss ([| wide |], [| wide |], torch.zeros (1L, 3L), 0.1, 0.04)))
                "no pair"
                "one view"
        }
    ]
