/// Weights from finished runs: teachers, and encoders that go on from a middle layer of a head.
module Vantage.Tests.TrainedRunTests

open System.IO
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private split = Generators.patterns "train" 40 3 18 4

let private prepare recipe = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split

let private values (t: torch.Tensor) = t.detach().contiguous().data<float32>().ToArray()

let private named name (weights: Weights) =
    weights.Parameters @ weights.Buffers
    |> List.find (fun (n, _) -> n = name)
    |> snd

let private distilling run = {
    Generators.small with
        Avoid = []
        Objective = semiSupervised 2 8 [ distil run 2.0 0.5 ]
}

let private goingOn run layers = {
    Generators.small with
        Avoid = []
        Objective = supervised
        Encoder = startingFrom run layers
}

let private errorOf recipe =
    try
        TrainedRun.check recipe
        "accepted"
    with CheckpointException text ->
        text

let private images () = torch.rand ([| 6L; 3L; 16L; 16L |], generator = new torch.Generator (3UL, torch.CPU))

[<Tests>]
let tests =
    testList "Finished runs" [
        test "a network goes on from the run's encoder and first layers; what follows is new" {
            use _ = torch.NewDisposeScope ()
            Script.inFolder (fun folder ->
                let saved = (FinishedRun.save folder FinishedRun.recipe).Network.Weights
                let recipe = goingOn (trainedBy FinishedRun.recipe folder) 3
                let network = (prepare recipe).Network
                let own = network.Weights
                let pairs = [
                    for name, _ in EncoderFile.tensors saved do
                        name, name
                    for part in [ "0.weight"; "1.weight"; "1.bias"; "1.running_mean"; "1.running_var" ] do
                        $"kept.{part}", $"projector.{part}"
                ]
                let alike () =
                    pairs
                    |> List.filter (fun (mine, theirs) ->
                        values (named mine own) = values (named theirs saved))
                Expect.isLessThan (alike ()).Length pairs.Length "before: drawn from the recipe's seed"
                TrainedRun.start recipe network
                Expect.equal (alike ()) pairs "after: the run's"
                Expect.equal network.Width 16 "as wide as the first layer of the head"
                Expect.notEqual
                    (values (named "projector.0.weight" own))
                    (values (named "projector.0.weight" saved))
                    "the new head is not the run's")
        }
        test "a target goes on from the same weights as what it follows" {
            use _ = torch.NewDisposeScope ()
            let recipe = {
                goingOn FinishedRun.run 0 with
                    Objective = regression
                    Avoid = [ momentumTarget 0.99; predict [ linear 8 ] ]
            }
            let network = (prepare recipe).Network
            TrainedRun.start recipe network
            for name, tensor in network.Target.Value.Weights.Parameters do
                Expect.equal (values tensor) (values (named name network.Weights)) name
        }
        test "a teacher says what its run's network says in evaluation mode, without gradient" {
            use _ = torch.NewDisposeScope ()
            Script.inFolder (fun folder ->
                let network = (FinishedRun.save folder FinishedRun.recipe).Network
                network.Training <- false
                let x = images ()
                let teach = TrainedRun.teacher torch.CPU 3 float32s (trainedBy FinishedRun.recipe folder)
                let found = teach x
                Expect.equal (values found) (values (network.Project (network.Encode x))) "logits"
                Expect.isFalse found.requires_grad "no gradient")
        }
        test "a teacher that went on from another run is built without that run" {
            use _ = torch.NewDisposeScope ()
            Script.inFolder (fun folder ->
                let gone =
                    goingOn
                        (trained "no-such-folder" FinishedRun.recipe.Encoder FinishedRun.recipe.Projector)
                        3
                let network = (FinishedRun.save folder gone).Network
                network.Training <- false
                let x = images ()
                let teach = TrainedRun.teacher torch.CPU 3 float32s (trainedBy gone folder)
                Expect.equal (values (teach x)) (values (network.Project (network.Encode x))) "logits")
        }
        test "the term is the distillation of the teacher's logits for the same view" {
            use _ = torch.NewDisposeScope ()
            let recipe = distilling FinishedRun.run
            let trainer = prepare recipe
            use loader = new Loader (trainer.Viewer, split, recipe, 0, trainer.Total, ignore)
            let batch = loader.Next ()
            let _, branches = Trainer.branches trainer batch
            let setting = { Device = torch.CPU; Seed = 5UL; Type = torch.float32 }
            let loss terms =
                (ClassLoss.loss setting (Labelled.PerClass (2, 8)) Annealing.Off terms 0 branches)
                    .item<float32>()
            let student = branches.Predictions.Head.narrow (0L, 0L, 8L)
            let teacher = (snd trainer.Teachers.Head) (branches.Model.Images.narrow (0L, 0L, 8L))
            let meant = Torch.Consistency.Distil(student, teacher, 2.0).item<float32>()
            let found = loss [ distil FinishedRun.run 2.0 0.5 ] - loss []
            Expect.isGreaterThan meant 0.5f "the entropy of eight classes that are nearly alike is 2.08"
            // A difference of two sums in float32, of numbers below 4.
            Expect.isLessThan (abs (found - 0.5f * meant)) 2e-6f "half of it"
            loader.Return batch
        }
        test "runs that are missing, not finished, changed or other ones are refused with the remedy" {
            Script.inFolder (fun folder ->
                FinishedRun.save folder FinishedRun.recipe |> ignore
                let run = trainedBy FinishedRun.recipe folder
                let plain = { run with Fingerprint = None }
                for recipe in [ distilling run; goingOn run 3; distilling plain; goingOn plain 3 ] do
                    Expect.equal (errorOf recipe) "accepted" "the right run"
                let said (text: string) recipe = Expect.stringContains (errorOf recipe) text "the error"
                distilling { run with Folder = folder + "-none" } |> said "holds no checkpoint"
                goingOn { run with Folder = folder + "-none" } 3 |> said "Train that run first"
                distilling { run with Fingerprint = Some "abc" } |> said "asked for is abc"
                distilling { plain with Encoder = compactResNet [ 8; 32 ] 1 }
                |> said "Asked for: Encoder = Encoder.CompactResNet ([ 8; 32 ], 1)"
                distilling { plain with Projector = head [ linear 8 ] }
                |> said "Asked for: Projector"
                let file = Checkpoint.file folder
                let text = File.ReadAllBytes file
                let at = System.Text.Encoding.Latin1.GetString(text).IndexOf "Batch = 8"
                text[at + 8] <- byte '9'
                File.WriteAllBytes (file, text)
                distilling plain |> said "the file is damaged"
                File.Delete (Path.Combine (folder, "result.json"))
                distilling run |> said "has not finished")
        }
        test "a run of images with other channels is refused" {
            Script.inFolder (fun folder ->
                FinishedRun.save folder FinishedRun.recipe |> ignore
                let error =
                    try
                        TrainedRun.teacher torch.CPU 1 float32s (trainedBy FinishedRun.recipe folder)
                        |> ignore
                        "accepted"
                    with CheckpointException text ->
                        text
                Expect.stringContains error "as many channels" "the error")
        }
        for name, recipe, error in
            [
                "a teacher of other classes",
                { distilling FinishedRun.run with Projector = head [ linear 5 ] },
                RecipeError.TeacherDoesNotFit (FinishedRun.run, 8, 5)
                "more layers than a head has",
                goingOn FinishedRun.run 5,
                RecipeError.NoSuchLayers (FinishedRun.run, 5)
                "fewer layers than none",
                goingOn FinishedRun.run -1,
                RecipeError.NoSuchLayers (FinishedRun.run, -1)
                "no temperature",
                {
                    distilling FinishedRun.run with
                        Objective = semiSupervised 2 8 [ distil FinishedRun.run 0.0 1.0 ]
                },
                RecipeError.BadTemperature 0.0
            ] do
            test $"check finds {name}" {
                Expect.equal (Check.recipe recipe) [ error ] "errors"
                Expect.isGreaterThan (Check.message error).Length 30 "a sentence"
            }
    ]
