module Vantage.Tests.TrainTests

open System
open System.IO
open System.Threading
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private split = Generators.patterns "train" 40 3 18 4

let private start = Position.start

let private prepare recipe = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split

let private bytes (tensors: (string * torch.Tensor) list) =
    tensors
    |> List.map (fun (name, t) -> name, t.cpu().contiguous().bytes.ToArray())

let private trained recipe =
    let trainer = prepare recipe
    Train.run trainer start ignore ignore ignore CancellationToken.None |> ignore
    bytes (Train.state trainer)

// Trains until a step, saves, forgets everything, resumes from the file and trains to the end.
let private interrupted recipe at folder =
    let first = prepare recipe
    use stop = new CancellationTokenSource ()
    let save position = Checkpoint.save folder recipe position (Train.state first)
    let log (metric: Metric) =
        if metric.Step = at then
            stop.Cancel ()
    let ending, _, _ = Train.run first start log save ignore stop.Token
    Expect.equal ending (Ending.Stopped (at + 1)) "stopped after the step"
    let second = prepare { recipe with Name = recipe.Name }
    let position = Checkpoint.resume folder recipe (Train.state second) ignore
    Expect.equal position.Step (at + 1) "the step in the file"
    Train.run second position ignore ignore ignore CancellationToken.None |> ignore
    bytes (Train.state second)

let private rules = [
    Rule.Accumulated (2, Rule.AdamW)
    Rule.Sgd 0.9
    Rule.Lars 0.9
    Rule.AdamW
    Rule.Clipped (0.5, Rule.Lamb)
]

let private mines =
    function
    | Objective.NtLogistic (_, Mining.SemiHard)
    | Objective.MarginTriplet (_, Mining.SemiHard) -> true
    | _ -> false

let private withRule rule (recipe: Recipe) = { recipe with Optimizer = { recipe.Optimizer with Rule = rule } }

/// The loop: the same bits from the same seed, whole or interrupted; tensors that die; errors in words.
[<Tests>]
let tests =
    testSequenced
    <| testList "Train" [
        test "two runs with one seed give the same bits" {
            Expect.equal
                (trained Generators.small)
                (trained Generators.small)
                "weights, statistics, optimiser state"
        }
        for name, recipe in Strategies.all do
            test $"{name} learns, and without its mechanisms still runs" {
                Expect.isEmpty (Check.recipe recipe) "nothing wrong"
                let metrics recipe =
                    let metrics = ResizeArray<Metric>()
                    Train.run (prepare recipe) start metrics.Add ignore ignore CancellationToken.None
                    |> ignore
                    List.ofSeq metrics
                let found = metrics { recipe with Epochs = 16<epoch> }
                let mean pick = List.truncate 10 >> List.averageBy pick
                let ends pick = mean pick found, mean pick (List.rev found)
                let first, last = ends _.Loss
                if (Mechanism.momentum recipe.Avoid).IsSome then
                    // The loss of a method that follows targets need not fall: its targets move. It must not be where it was.
                    Expect.isTrue (abs (last - first) > 1e-3) $"the loss moves: {first} to {last}"
                elif mines recipe.Objective then
                    // The closer positives come, the more anchors have a negative that is further away and counts: the loss rises with what is learnt.
                    let first, last = ends _.Accuracy
                    Expect.isGreaterThan last first "more views find their other view in the last ten steps"
                else
                    Expect.isLessThan last first "the last ten steps cost less than the first ten"
                let bare =
                    metrics { recipe with Avoid = []; Epochs = 1<epoch>; Views = Generators.small.Views }
                Expect.all bare (fun metric -> Double.IsFinite metric.Loss) "finite"
            }
        for name in
            [
                "MoCo"
                "InstDisc by noise"
                "BYOL"
                "SwAV"
                "SwAV with past embeddings"
                "DeepCluster-v2 with three sets of prototypes"
                "DINO"
                "SimCLR with every layer"
                "DeepCluster-v2"
                "SeLa-v2"
                "LeJEPA"
                "iBOT"
                "DINO on a transformer"
                "FixMatch"
                "VAT"
                "distillation"
                "fine-tuning from a middle layer"
                "PIRL"
                "CMC"
                "CPC v2"
                "AMDIM"
                "CAN"
                "MSN on a transformer that drops patches"
            ] do
            test $"kill and resume gives the same bits as no kill, {name}" {
                let recipe = Strategies.named name
                Script.inFolder (fun folder ->
                    Expect.equal
                        (interrupted recipe 7 folder)
                        (trained recipe)
                        "weights, statistics, target, queue, centre, optimiser state")
            }
            test $"no tensor of {name} outlives its step" {
                let counts = ResizeArray<int64>()
                let trainer = prepare { Strategies.named name with Epochs = 4<epoch> }
                let log _ = counts.Add (DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount)
                Train.run trainer start log ignore ignore CancellationToken.None |> ignore
                Expect.equal counts[19] counts[9] "live tensors at step 20 and at step 10"
            }
        test "another seed gives other weights" {
            Expect.notEqual
                (trained Generators.small)
                (trained { Generators.small with Seed = 6UL })
                "weights"
        }
        for rule in rules do
            test $"kill and resume gives the same bits as no kill, %A{rule}" {
                let recipe = withRule rule Generators.small
                Script.inFolder (fun folder ->
                    // Step 7 lies in the middle of the second epoch of five steps.
                    Expect.equal
                        (interrupted recipe 7 folder)
                        (trained recipe)
                        "weights, statistics, optimiser state")
            }
        test "bfloat16 resumes with the same bits" {
            let recipe = { Generators.small with Precision = bfloat16 }
            Script.inFolder (fun folder ->
                Expect.equal (interrupted recipe 3 folder) (trained recipe) "weights")
        }
        test "the loss falls" {
            let losses = ResizeArray<float>()
            let trainer = prepare { Generators.small with Epochs = 30<epoch> }
            Train.run trainer start (fun m -> losses.Add m.Loss) ignore ignore CancellationToken.None
            |> ignore
            let mean (xs: float seq) = Seq.average xs
            let first, last = mean (Seq.take 10 losses), mean (Seq.skip (losses.Count - 10) losses)
            // 15 candidates at temperature 0.5: log 15 is 2.71. Ten losses of batches of 8 scatter by about 0.05.
            Expect.isLessThan last (first - 0.15) "mean of the last ten losses against the first ten"
        }
        test "without negatives the embeddings collapse, and a gauge says so" {
            let recipe = {
                Generators.small with
                    Avoid = []
                    Projector = head [ linear 8 ]
                    Epochs = 60<epoch>
                    Optimizer = { Rule = Rule.Sgd 0.9; Rate = constant 0.3; Decay = 0.0 }
            }
            let last = ref None
            Train.run
                (prepare recipe)
                start
                (fun m -> last.Value <- Some m)
                ignore
                ignore
                CancellationToken.None
            |> ignore
            let metric = last.Value.Value
            Expect.isLessThan metric.Alignment 0.02 "views agree"
            Expect.isSome
                (Gauges.warning metric.Spread metric.Rank 8)
                $"a warning at spread {metric.Spread}, rank {metric.Rank}"
        }
        test "no tensor outlives its step" {
            let counts = ResizeArray<int64>()
            let recipe = { Generators.small with Epochs = 8<epoch> }
            let trainer = prepare recipe
            let log _ = counts.Add (DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount)
            Train.run trainer start log ignore ignore CancellationToken.None |> ignore
            Expect.equal counts[19] counts[9] "live tensors at step 20 and at step 10"
            Expect.equal counts[39] counts[9] "live tensors at step 40"
        }
        test "a loss that is not a number stops the run and names the step" {
            let recipe = {
                Generators.small with
                    Optimizer = { Rule = Rule.Sgd 0.9; Rate = constant 1e30; Decay = 0.0 }
                    Epochs = 20<epoch>
            }
            Expect.throwsT<NotFinite>
                (fun () ->
                    Train.run (prepare recipe) start ignore ignore ignore CancellationToken.None
                    |> ignore)
                "a learning rate of 1e30"
        }
        test "a checkpoint of another recipe is refused with the difference" {
            Script.inFolder (fun folder ->
                let trainer = prepare Generators.small
                Checkpoint.save folder Generators.small start (Train.state trainer)
                let other = { Generators.small with Batch = 10 }
                let error =
                    try
                        Checkpoint.resume folder other (Train.state trainer) ignore |> ignore
                        "accepted"
                    with CheckpointException text ->
                        text
                Expect.stringContains error "- Batch = 8" "the saved line"
                Expect.stringContains error "+ Batch = 10" "the new line")
        }
        test "a damaged checkpoint gives way to the one before it" {
            Script.inFolder (fun folder ->
                let recipe = Generators.small
                let trainer = prepare recipe
                Checkpoint.save folder recipe { start with Step = 1 } (Train.state trainer)
                Checkpoint.save folder recipe { start with Step = 2 } (Train.state trainer)
                use file = File.OpenWrite (Checkpoint.file folder)
                file.SetLength (file.Length / 2L)
                file.Dispose ()
                let warnings = ResizeArray<string>()
                let position = Checkpoint.resume folder recipe (Train.state trainer) warnings.Add
                Expect.equal position.Step 1 "the older step"
                Expect.stringContains (String.concat "" warnings) "truncated" "the warning says why")
        }
        test "only a labelled image stands for a corrupt labelled one" {
            let recipe = { Strategies.named "FixMatch" with OnCorrupt = skip; Epochs = 2<epoch> }
            let labelled = Order.labelled recipe.Seed 2 split.Labels.Value
            let broken = {
                split with
                    Read =
                        fun i ->
                            if i = labelled[0] then
                                raise (DataException (Generators.corrupt "x.jpg"))
                            else
                                split.Read i
            }
            let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe broken
            use loader = new Loader (trainer.Viewer, broken, recipe, 0, trainer.Total, ignore)
            for _ in 1 .. trainer.Total do
                let batch = loader.Next ()
                let beside = Array.skip recipe.Batch batch.Indices
                Expect.equal beside.Length 8 "so many beside the batch"
                Expect.all
                    beside
                    (fun i -> i <> labelled[0] && Array.contains i labelled)
                    "labelled images only"
                loader.Return batch
            Expect.equal loader.Skipped 1 "met"
        }
        test "a corrupt image is skipped, named and counted, or stops the run" {
            let broken = {
                split with
                    Read =
                        fun i ->
                            if i = 11 then
                                raise (DataException (Generators.corrupt "x.jpg"))
                            else
                                split.Read i
            }
            let run policy =
                let recipe = { Generators.small with OnCorrupt = policy; Epochs = 1<epoch> }
                let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe broken
                let warnings = ResizeArray<string>()
                let _, _, skipped = Train.run trainer start ignore ignore warnings.Add CancellationToken.None
                skipped, warnings
            let skipped, warnings = run skip
            Expect.equal skipped 1 "images skipped"
            Expect.equal warnings.Count 1 "said once"
            Expect.stringContains warnings[0] "x.jpg" "named"
            Expect.throwsT<DataException> (fun () -> run stop |> ignore) "stops"
        }
    ]
