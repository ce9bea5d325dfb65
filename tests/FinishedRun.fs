/// A finished run for recipes that take weights from one: a small classifier, saved untrained, in a temporary folder that goes with the process.
module Vantage.Tests.FinishedRun

open System
open System.IO
open TorchSharp
open Vantage
open Vantage.Kernels

/// Its recipe.
let recipe = {
    Generators.small with
        Name = "teacher"
        Objective = supervised
        Avoid = []
        Seed = 11UL
}

/// Saves a recipe's network as a run that has ended would.
let save folder (recipe: Recipe) =
    Interop.NativeLibraries.Load ()
    Directory.CreateDirectory folder |> ignore
    let split = Generators.patterns "teacher" 16 3 18 4
    let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split
    Checkpoint.save folder recipe { Position.start with Step = 6 } (Train.state trainer)
    File.WriteAllText (Path.Combine (folder, "result.json"), "{}")
    trainer

/// Its folder.
let folder =
    let path = Path.Combine (Path.GetTempPath (), $"vantage-teacher-{Environment.ProcessId}")
    save path recipe |> ignore
    AppDomain.CurrentDomain.ProcessExit.Add (fun _ -> Directory.Delete (path, true))
    path

/// It, as a word of recipes.
let run = trainedBy recipe folder
