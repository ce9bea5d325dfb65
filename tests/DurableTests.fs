module Vantage.Tests.DurableTests

open System
open System.IO
open Expecto
open FsCheck.FSharp
open TorchSharp
open Vantage
open Vantage.Kernels

let private recipe = Generators.small

// A run's state in little: two tensors of known values.
let private state (value: float) = [
    "weights.a", torch.full (3L, 5L, Scope.number value)
    "step", torch.tensor (int64 value)
]

let private at step = { Position.start with Step = step; Seconds = 1.5 * float step }

let private saved folder step = Checkpoint.save folder recipe (at step) (state (float step))

// What resuming gives: the step, the weights' first value, and the warnings; or the error.
let private resumed folder =
    let into = state 0.0
    let warnings = ResizeArray<string>()
    try
        let position = Checkpoint.resume folder recipe into warnings.Add
        Ok (position, (snd into.Head).flatten(0L).[0].item<float32>(), List.ofSeq warnings)
    with CheckpointException text ->
        Error text

let private step =
    function
    | Ok (position: Position, _, warnings) -> position.Step, warnings
    | Error text -> failtest text

/// Saved runs: damage of any kind is seen, the last good one is taken, nothing good is lost.
[<Tests>]
let tests =
    testList "Durable" [
        test "whatever byte of a checkpoint is changed, it is recognised and the one before it is taken" {
            Script.inFolder (fun folder ->
                saved folder 1
                saved folder 2
                let whole = File.ReadAllBytes (Checkpoint.file folder)
                let tried (place: int) (flip: int) =
                    let bytes = Array.copy whole
                    bytes[place] <- bytes[place] ^^^ byte flip
                    File.WriteAllBytes (Checkpoint.file folder, bytes)
                    let step, warnings = step (resumed folder)
                    step = 1
                    && warnings.Length = 1
                    && warnings.Head.Contains (Checkpoint.file folder)
                    && warnings.Head.Contains (Checkpoint.previous folder)
                let places = gen {
                    let! place = Gen.choose (0, whole.Length - 1)
                    let! flip = Gen.choose (1, 255)
                    return place, flip
                }
                FsCheck.Check.One (
                    FsCheck.Config.QuickThrowOnFailure.WithMaxTest 300,
                    Prop.forAll (Arb.fromGen places) (fun (place, flip) -> tried place flip)
                )
                // The checksum itself, in the other case of its letters too.
                let text = Text.Encoding.ASCII.GetString whole
                let seal = text.IndexOf Safetensors.Seal
                for place in seal .. seal + Safetensors.Seal.Length + 68 do
                    Expect.isTrue (tried place 0x20) $"byte {place}, of the checksum")
        }
        test "wherever a checkpoint is cut, it is recognised and the one before it is taken" {
            Script.inFolder (fun folder ->
                saved folder 1
                saved folder 2
                let whole = File.ReadAllBytes (Checkpoint.file folder)
                for length in 0 .. whole.Length - 1 do
                    File.WriteAllBytes (Checkpoint.file folder, Array.truncate length whole)
                    Expect.equal (fst (step (resumed folder))) 1 $"cut at {length}"
                File.WriteAllBytes (Checkpoint.file folder, Array.append whole [| 0uy |])
                Expect.equal (fst (step (resumed folder))) 1 "a byte too many")
        }
        test "a good checkpoint gives its position and tensors, and no warning" {
            Script.inFolder (fun folder ->
                let position = {
                    at 7 with
                        Spent = {
                            Waited = 0.1
                            Forward = 1.0 / 3.0
                            Loss = 2.5
                            Backward = 4.0
                            Updated = 5e-3
                        }
                }
                Checkpoint.save folder recipe position (state 7.0)
                match resumed folder with
                | Ok found -> Expect.equal found (position, 7.0f, []) "as saved"
                | Error text -> failtest text)
        }
        test "the manifest says recipe, seed, position and versions" {
            Script.inFolder (fun folder ->
                saved folder 3
                use file = Safetensors.Read (Checkpoint.file folder)
                Expect.equal file.Metadata["recipe"] (Print.recipe recipe) "recipe"
                Expect.equal file.Metadata["seed"] (string recipe.Seed) "seed"
                Expect.equal file.Metadata["step"] "3" "step"
                Expect.equal file.Metadata["version.libtorch"] torch.__version__ "libtorch"
                Expect.equal file.Metadata["version.dotnet"] (Environment.Version.ToString 3) ".NET"
                for name in [ "version.vantage"; "version.torchsharp" ] do
                    Expect.isTrue (Version.TryParse file.Metadata[name] |> fst) name)
        }
        test "a run that ended between two renames goes on from the one before, and says so" {
            Script.inFolder (fun folder ->
                saved folder 1
                saved folder 2
                File.Delete (Checkpoint.file folder)
                let step, warnings = step (resumed folder)
                Expect.equal step 1 "step"
                Expect.stringContains warnings.Head "missing" "said")
        }
        test "where no checkpoint is good the error names both" {
            Script.inFolder (fun folder ->
                saved folder 1
                saved folder 2
                for file in [ Checkpoint.file folder; Checkpoint.previous folder ] do
                    File.WriteAllText (file, "damaged")
                match resumed folder with
                | Error text ->
                    Expect.stringContains text (Checkpoint.file folder) "the newest"
                    Expect.stringContains text (Checkpoint.previous folder) "the one before"
                | Ok _ -> failtest "resumed from damage")
        }
        test "an unfinished file is never read" {
            Script.inFolder (fun folder ->
                saved folder 1
                File.WriteAllText (Checkpoint.unfinished folder, "half")
                Expect.equal (step (resumed folder)) (1, []) "the finished one"
                saved folder 2
                Expect.isFalse (File.Exists (Checkpoint.unfinished folder)) "written over")
        }
        test "on a full disk saving fails with a clear error, and what was saved stays" {
            if not (File.Exists "/dev/full") then
                skiptest "this system has no /dev/full"
            Script.inFolder (fun folder ->
                let failing () =
                    // Writing through this link fails as on a full disk.
                    File.CreateSymbolicLink (Checkpoint.unfinished folder, "/dev/full") |> ignore
                    try
                        saved folder 3
                        failtest "saved on a full disk"
                    with CheckpointException text ->
                        text
                Expect.stringContains (failing ()) "none before it" "the first one"
                saved folder 1
                saved folder 2
                let text = failing ()
                Expect.stringContains text "No space left" "why"
                Expect.stringContains text "step 3" "which"
                Expect.stringContains text $"--resume {folder}" "how to go on"
                Expect.equal (step (resumed folder)) (2, []) "the newest is good"
                File.Delete (Checkpoint.file folder)
                Expect.equal (fst (step (resumed folder))) 1 "the one before too")
        }
        test "in a folder that cannot be written saving fails with a clear error" {
            Script.inFolder (fun folder ->
                saved folder 1
                // A folder in the file's place refuses the write for root too, whom permissions do not stop.
                Directory.CreateDirectory (Checkpoint.unfinished folder) |> ignore
                Expect.throwsC (fun () -> saved folder 2) (fun e ->
                    Expect.stringContains e.Message "step 2 could not be saved" "the error")
                Expect.equal (step (resumed folder)) (1, []) "what was saved")
        }
        test "a folder is one run's until it is let go" {
            Script.inFolder (fun folder ->
                use first = RunFolder.claim folder
                Expect.throwsC (fun () -> (RunFolder.claim folder).Dispose()) (fun e ->
                    Expect.stringContains e.Message "Another run is writing" "the error")
                first.Dispose ()
                (RunFolder.claim folder).Dispose())
        }
        test "a text appears whole or stays as it was" {
            Script.inFolder (fun folder ->
                let path = Path.Combine (folder, "text")
                Durable.writeText path "one"
                Durable.writeText path "two"
                Directory.CreateDirectory (path + ".new") |> ignore
                Expect.throws (fun () -> Durable.writeText path "three") "its new file cannot be written"
                Expect.equal (File.ReadAllText path) "two" "as it was")
        }
        test "a folder that is not there cannot be flushed" {
            Script.inFolder (fun folder ->
                Durable.flushFolder folder
                Expect.throwsT<IOException>
                    (fun () -> Durable.flushFolder (Path.Combine (folder, "none")))
                    "none")
        }
    ]
