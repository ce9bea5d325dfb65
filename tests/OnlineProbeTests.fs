module Vantage.Tests.OnlineProbeTests

open System
open System.Threading
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private split = Generators.patterns "online" 64 3 18 4

// A run's bits at its end, and its metrics.
let private run (recipe: Recipe) split =
    let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split
    let metrics = ResizeArray<Metric>()
    Train.run trainer Position.start metrics.Add ignore ignore CancellationToken.None
    |> ignore
    Train.state trainer
    |> List.map (fun (name, t) -> name, t.contiguous().bytes.ToArray()),
    List.ofSeq metrics

let private watched (recipe: Recipe) = { recipe with Evaluate = [ onlineProbe 1e-2 ] }

let private isOnline (name: string, _) = name.StartsWith ("online.", StringComparison.Ordinal)

/// The classifier beside a run.
[<Tests>]
let tests =
    testSequenced
    <| testList "OnlineProbe" [
        let small = Generators.small
        for name, recipe in
            [
                "negatives in the batch", small
                "a momentum target and a predictor",
                {
                    small with
                        Objective = Objective.Regression
                        Avoid = [ momentumTarget 0.99; predict [ linear 8 ] ]
                }
                "each view alone in bfloat16", { small with Passes = eachView; Precision = bfloat16 }
            ] do
            test $"the encoder has the same bits with the classifier and without: {name}" {
                let plain, without = run { recipe with Evaluate = [] } split
                let beside, metrics = run (watched recipe) split
                Expect.equal
                    (beside |> List.filter (isOnline >> not))
                    plain
                    "weights, statistics, targets, optimiser"
                Expect.equal
                    (beside |> List.filter isOnline |> List.length)
                    7
                    "its own state is saved: 2 weights, 2 moments of each, a count"
                Expect.isTrue (without |> List.forall (fun m -> m.Online.IsNone)) "no figure without it"
                Expect.isTrue (metrics |> List.forall (fun m -> m.Online.IsSome)) "a figure at each line"
                Expect.equal (metrics |> List.map _.Loss) (without |> List.map _.Loss) "losses"
            }
        test "it learns what the representation tells, and nothing without labels" {
            let longer = { watched small with Epochs = 12<epoch> }
            let _, metrics = run longer split
            let last = metrics |> List.rev |> List.truncate 16 |> List.averageBy _.Online.Value
            let first = metrics |> List.truncate 4 |> List.averageBy _.Online.Value
            Expect.isGreaterThan last (first + 0.1) "rises"
            Expect.isGreaterThan last 0.5 "four patterns"
            let _, none = run (watched small) { split with Labels = None }
            Expect.isTrue (none |> List.forall (fun m -> m.Online.IsNone)) "no labels, no figure"
        }
        test "labels do not reach the encoder through it" {
            let labels = split.Labels.Value |> Array.rev
            let a, _ = run (watched small) split
            let b, _ = run (watched small) { split with Labels = Some labels }
            let encoder = List.filter (isOnline >> not)
            Expect.equal (encoder a) (encoder b) "the same encoder"
            Expect.notEqual (List.filter isOnline a) (List.filter isOnline b) "another classifier"
        }
        test "at the end of each epoch it is measured on the test images, and nothing is changed" {
            let recipe = { watched small with Epochs = 6<epoch> }
            let test = Generators.patterns "online test" 40 3 18 4
            let run tested =
                let trainer = {
                    Train.prepare (ViewEngine.Best ()) torch.CPU recipe split with
                        Tested = tested
                }
                let metrics = ResizeArray<Metric>()
                Train.run trainer Position.start metrics.Add ignore ignore CancellationToken.None
                |> ignore
                trainer, List.ofSeq metrics
            let bits trainer =
                Train.state trainer
                |> List.map (fun (name, t) -> name, t.contiguous().bytes.ToArray())
            let trainer, metrics = run (Some test)
            let plain, without = run None
            Expect.equal (bits trainer) (bits plain) "the same bits, the classifier's too"
            Expect.isTrue (without |> List.forall (fun m -> m.OnlineTest.IsNone)) "no test images, no figure"
            let tested = metrics |> List.filter _.OnlineTest.IsSome
            Expect.equal (tested |> List.map _.Epoch) [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ] "each epoch's end"
            let unlabelled = { test with Labels = None }
            Expect.isTrue
                (run (Some unlabelled) |> snd |> List.forall (fun m -> m.OnlineTest.IsNone))
                "no labels, no figure"
            let weight = trainer.Online.Value.State |> List.find (fst >> (=) "weight") |> snd
            let bias = trainer.Online.Value.State |> List.find (fst >> (=) "bias") |> snd
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            trainer.Network.Training <- false
            let h = Probe.features trainer.Viewer test trainer.Network.Encode torch.CPU
            let said = Probe.largest (torch.nn.functional.linear (h, weight, bias))
            Expect.floatClose
                Accuracy.medium
                (100.0 * (List.last tested).OnlineTest.Value)
                (Accuracy.top1 said test.Labels.Value)
                "its own weights on the encoder as it ended"
            Expect.isGreaterThan (List.last tested).OnlineTest.Value 0.4 "four patterns: chance is 0.25"
        }
        test "a step by hand" {
            use _ = torch.NewDisposeScope ()
            let probe = OnlineProbe (2, 2, 0.1, torch.CPU)
            let h = torch.tensor([| 1f; 0f; 0f; 1f |]).reshape(2L, 2L)
            let labels = torch.tensor [| 0L; 1L |]
            Expect.equal (probe.Step (h, labels)) 0.5 "from zero it says class 0"
            Expect.equal (probe.Step (h, labels)) 1.0 "learnt"
            let weight = probe.State.Head |> snd
            // Adam's first two steps are of its rate each, whatever the slope's length.
            Expect.isLessThan (abs (weight[0, 0].item<float32>() - 0.2f)) 0.01f "two steps"
        }
    ]
