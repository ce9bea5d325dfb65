/// Codes balanced over past embeddings, and several sets of prototypes.
module Vantage.Tests.CodeQueueTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Objectives

let private n, d, k = 4, 5, 6

let private matrix (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows))

let private unit seed rows = matrix (numbers seed (rows * d)) rows |> Torch.UnitRows.Of

let private values (t: torch.Tensor) = t.contiguous().data<float>().ToArray()

let private keep _ (make: unit -> torch.Tensor) =
    let made = make ()
    if made.is_floating_point () then made.to_type torch.float64 else made

let private criterion (p: Prototypes) avoid =
    Criterion (swapCodes 0.1 p, avoid, d, 1, 2, n, torch.CPU, 3UL, torch.float64)

let private branches (p: Prototypes) epoch learnt seed =
    let views = [ matrix (numbers seed (n * d)) n; matrix (numbers (seed + 1UL) (n * d)) n ]
    Branches.alone (swapCodes 0.1 p) epoch (Some (learnt, learnt)) views views

let private value (loss: torch.Tensor) = loss.item<float>()

let private good = Generators.small

let private with' objective avoid = { good with Objective = objective; Avoid = avoid }

/// What is wrong, the recipe, the one error that must be found.
let private wrong = [
    "past embeddings that are no multiple of the batch",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ balance 0.05 3; balanceOver 12 0<epoch> ],
    RecipeError.QueueDoesNotFit (12, 8)
    "past embeddings before the first epoch",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ balance 0.05 3; balanceOver 16 -1<epoch> ],
    RecipeError.BadMechanism (balanceOver 16 -1<epoch>, "first epoch", -1.0)
    "past embeddings that nothing balances",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ sharpen 0.025; meanEntropy 1.0; balanceOver 16 0<epoch> ],
    RecipeError.NothingBalanced (balanceOver 16 0<epoch>)
    "past embeddings without codes",
    with' good.Objective [ repel inBatch; balanceOver 16 0<epoch> ],
    RecipeError.MechanismWithoutTerm (balanceOver 16 0<epoch>, good.Objective)
    "past embeddings beside labels of an epoch",
    with' (swapCodes 0.1 (prototypes 12 0<epoch>)) [ relabelByKMeans 10; balanceOver 16 0<epoch> ],
    RecipeError.LabelledTwice (balanceOver 16 0<epoch>)
    "no set of prototypes",
    with' (swapCodes 0.1 (prototypes 12 0<epoch> |> sets 0)) [ balance 0.05 3 ],
    RecipeError.BadPrototypes (prototypes 12 0<epoch> |> sets 0)
    "several sets where the loss has one",
    with' (selfDistill 0.1 (prototypes 12 0<epoch> |> sets 2)) [
        momentumTarget 0.99
        centre 0.9
        sharpen 0.04
    ],
    RecipeError.SeveralSets (selfDistill 0.1 (prototypes 12 0<epoch> |> sets 2))
]

[<Tests>]
let tests =
    testList "Past embeddings" [
        for name, recipe, error in wrong do
            test $"check finds {name}, with a remedy" {
                Expect.equal (Check.recipe recipe) [ error ] "errors"
                Expect.isMatch (Check.message error) "Add|Take|Make|needed|Counts|counts" "what to do"
            }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 40 }
            "codes over past rows are the last rows of the codes of all"
            (fun (seed: uint64) ->
                use _ = torch.NewDisposeScope ()
                let prototypes, past, now = unit seed k, unit (seed + 1UL) 8, unit (seed + 2UL) n
                let found = PrototypeLoss.codes 0.05 3 (Some past) prototypes (now.mm (prototypes.t ()))
                let all = (torch.cat ([| past; now |], 0L)).mm(prototypes.t ())
                let meant = Reference.Sinkhorn.Codes (values all, 8 + n, 0.05, 3)
                let alone = PrototypeLoss.codes 0.05 3 None prototypes (now.mm (prototypes.t ()))
                // Two ways through the same sums in float64.
                Close.worst (Array.skip (8 * k) meant) (values found) < 1e-9
                && Close.worst (values alone) (values found) > 1e-6)
        test "a ring: nothing before its epoch, nothing until it is full, then the newest over the oldest" {
            use _ = torch.NewDisposeScope ()
            let queue = CodeQueue (3 * n, 2<epoch>, 2, d, keep)
            let batch seed = [ matrix (numbers seed (n * d)) n; matrix (numbers (seed + 50UL) (n * d)) n ]
            queue.Store (1, batch 1UL)
            for seed in [ 2UL; 3UL; 4UL ] do
                Expect.isNone (queue.Rows 0) "not full"
                queue.Store (2, batch seed)
            queue.Store (3, batch 5UL)
            for target in [ 0; 1 ] do
                let expected =
                    [ 5UL; 3UL; 4UL ]
                    |> List.map (fun seed -> (batch seed)[target] |> Torch.UnitRows.Of)
                    |> List.toArray
                Expect.equal
                    (values (queue.Rows target).Value)
                    (values (torch.cat (expected, 0L)))
                    $"rows of target {target}: batch 5 lies where batch 2 lay"
        }
        test "the loss is that without past embeddings until there are enough, then it takes their codes" {
            use _ = torch.NewDisposeScope ()
            let p = prototypes k 0<epoch>
            let learnt = unit 9UL k
            let plain = criterion p [ balance 0.05 3 ]
            let recalling = criterion p [ balance 0.05 3; balanceOver (2 * n) 0<epoch> ]
            let step (criterion: Criterion) seed =
                let loss, remember = criterion.Loss (branches p 0 learnt seed, 0)
                remember ()
                value loss
            for seed in [ 20UL; 30UL ] do
                Expect.equal (step recalling seed) (step plain seed) "not full"
            let last = branches p 0 learnt 40UL
            let scores (z: torch.Tensor) = PrototypeLoss.scores z learnt
            let codes q =
                let past = [| for seed in [ 20UL; 30UL ] -> (branches p 0 learnt seed).Targets[q] |]
                let all = torch.cat (Array.append past [| last.Targets[q] |], 0L) |> scores
                Torch.Sinkhorn.Codes(all, 0.05, 3).narrow(0L, int64 (2 * n), int64 n)
            let meant =
                Torch.SwapCodes.Loss (
                    [| for z in last.Predictions -> scores z |],
                    [| codes 0; codes 1 |],
                    0.1
                )
            // Two ways through the same sums in float64.
            Expect.isLessThan (abs (step recalling 40UL - value meant)) 1e-9 "full"
        }
        test "several sets: the loss is the mean of those of each alone" {
            use _ = torch.NewDisposeScope ()
            let three, one = prototypes k 0<epoch> |> sets 3, prototypes k 0<epoch>
            let learnt = unit 9UL (3 * k)
            let avoid = [ balance 0.05 3; meanEntropy 0.5 ]
            let whole, _ = (criterion three avoid).Loss(branches three 0 learnt 20UL, 0)
            let each =
                PrototypeLoss.ofSets 3 learnt
                |> List.map (fun own ->
                    (criterion one avoid).Loss(branches one 0 own 20UL, 0) |> fst |> value)
            Expect.isLessThan (abs (value whole - List.average each)) 1e-12 "the mean"
            Expect.isGreaterThan (List.max each - List.min each) 1e-3 "they differ"
        }
        test "several sets of centroids: the sets take turns in whose view's memory they look at" {
            use _ = torch.NewDisposeScope ()
            let p = prototypes 2 0<epoch> |> sets 3
            let it = criterion p [ relabelByKMeans 3 ]
            let learnt = unit 9UL 6
            let seen = branches p 0 learnt 20UL
            it.Note (seen.Predictions, seen.Images)
            it.Loss (seen, 0) |> ignore
            let state = Map it.State
            Expect.equal
                (values state["labels.memory1"])
                (values (Torch.UnitRows.Of seen.Predictions[1]))
                "the second view's"
            for set, view in [ 0, 0; 1, 1; 2, 0 ] do
                let rows = Torch.UnitRows.Of seen.Predictions[view]
                let centroids = (PrototypeLoss.ofSets 3 learnt)[set]
                let name = if set = 0 then "labels.of" else $"labels.of{set}"
                Expect.equal
                    (state[name].data<int64>().ToArray())
                    (rows.mm(centroids.t ()).argmax(1L).data<int64>().ToArray())
                    $"set {set} labels rows of view {view} by its own centroids"
        }
    ]
