module Vantage.Tests.CommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Threading
open Expecto
open Vantage

let private recipeFile = Path.Combine (Script.root, "Recipes", "simclr.fsx")

// Starts `dotnet fsi RECIPE options` in a folder. Tests that a shell started in the background ignore Ctrl-C, and so would their children:
// `env` gives them the signal's own effect back.
let private startOf (recipe: string) (folder: string) (options: string list) =
    let info =
        ProcessStartInfo (
            "env",
            [ "--default-signal=INT"; "dotnet"; "fsi"; "--nologo"; recipe ] @ options,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )
    nonNull (Process.Start info)

let private start = startOf recipeFile

let private finish (child: Process) =
    let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
    if not (child.WaitForExit (TimeSpan.FromMinutes 5.0)) then
        child.Kill true
        failtest "the recipe did not end within 5 minutes"
    child.ExitCode, output.Result + errors.Result

let private run folder options =
    use child = start folder options
    finish child

// Runs the recipe in this process: exit code and what it wrote to standard error.
let private inProcess (options: string list) (recipe: Recipe) =
    let before = Console.Error
    use writer = new StringWriter ()
    Console.SetError writer
    try
        Cli.main (List.toArray options) recipe, writer.ToString ()
    finally
        Console.SetError before

let private small = { Generators.small with Data = "glyphs:64:40" }

let private quick = [ "--data"; "glyphs:512:200"; "--epochs"; "2"; "--batch"; "64" ]

/// The recipe as a command: what it accepts, refuses, writes; Ctrl-C.
[<Tests>]
let tests =
    testSequenced
    <| testList "Command" [
        test "--no-pixels leaves raw pixels out" {
            Script.inFolder (fun folder ->
                let out = Path.Combine (folder, "run")
                let code, errors = inProcess [ "--out"; out; "--epochs"; "1"; "--no-pixels" ] small
                Expect.equal (code, errors) (0, "") "the run"
                use result = JsonDocument.Parse (File.ReadAllText (RunResult.file out))
                let count (name: string) =
                    result.RootElement.GetProperty(name).EnumerateObject() |> Seq.length
                Expect.isGreaterThan (count "random") 0 "random"
                Expect.equal (count "raw") 0 "raw")
        }
        test "a run leaves its results, pictures and report" {
            Script.inFolder (fun folder ->
                let code, text = run folder (quick @ [ "--out"; "here" ])
                Expect.equal code 0 (Script.tail 30 text)
                for file in
                    [
                        "result.json"
                        "report.html"
                        "curves.png"
                        "views.png"
                        "metrics.jsonl"
                        "checkpoint.safetensors"
                        "recipe.fsx"
                    ] do
                    Expect.isTrue (File.Exists (Path.Combine (folder, "here", file))) file
                    Expect.stringContains text (Path.Combine ("here", file)) $"{file} is named"
                let events =
                    Directory.GetFiles (Path.Combine (folder, "here"), "events.out.tfevents.*")
                    |> Array.exactlyOne
                    |> Path.GetFileName
                    |> nonNull
                Expect.stringContains text events "the events for TensorBoard are named"
                use json =
                    JsonDocument.Parse (File.ReadAllText (Path.Combine (folder, "here", "result.json")))
                for group in [ "gauges"; "randomGauges" ] do
                    for layer, gauge in
                        [ "h", "spread"; "z", "rankMe"; "h", "purity"; "z of two views", "alignment" ] do
                        let value = json.RootElement.GetProperty(group).GetProperty(layer).GetProperty(gauge)
                        Expect.isTrue (Double.IsFinite (value.GetDouble ())) $"{gauge} of {layer}"
                let number (group: string) (name: string) =
                    json.RootElement.GetProperty(group).GetProperty(name).GetDouble()
                for group in [ "metrics"; "random"; "raw" ] do
                    for name in [ "knn"; "linear" ] do
                        let value = number group name
                        Expect.isTrue (value >= 0.0 && value <= 100.0) $"{group} {name} is a percentage"
                Expect.isLessThan (json.RootElement.GetProperty("waitShare").GetDouble()) 1.0 "waitShare"
                Expect.isGreaterThan (json.RootElement.GetProperty("seconds").GetDouble()) 0.0 "seconds"
                Expect.equal
                    (nonNull (json.RootElement.GetProperty("recipe").GetString())).Length
                    64
                    "fingerprint"
                let lines = File.ReadAllLines (Path.Combine (folder, "here", "metrics.jsonl"))
                Expect.equal lines.Length 16 "a line for each of 16 steps")
        }
        test "an interrupted run says how to go on, and goes on" {
            Script.inFolder (fun folder ->
                let options = [ "--data"; "glyphs:2000:200"; "--epochs"; "3"; "--batch"; "50" ]
                use child = start folder (options @ [ "--out"; "stopped" ])
                let metrics = Path.Combine (folder, "stopped", "metrics.jsonl")
                let clock = Stopwatch.StartNew ()
                let logged () =
                    File.Exists metrics
                    && (use file =
                            new FileStream (metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
                        file.Length > 2000L)
                while not (logged ())
                      && not child.HasExited
                      && clock.Elapsed < TimeSpan.FromMinutes 2.0 do
                    Thread.Sleep 20
                Expect.isFalse child.HasExited "still training"
                // `dotnet fsi` runs the script in a child of its own; Ctrl-C in a terminal reaches both.
                use kill = Process.Start ("pkill", [ "-INT"; "-P"; string child.Id ])
                kill.WaitForExit ()
                let code, text = finish child
                Expect.equal code 130 (Script.tail 20 text)
                Expect.stringContains text "--resume" "how to go on"
                let code, text = run folder (options @ [ "--resume"; "stopped" ])
                Expect.equal code 0 (Script.tail 20 text)
                Expect.stringContains text "goes on at step" "resumed"
                Expect.equal (run folder (options @ [ "--out"; "whole" ]) |> fst) 0 "a run without a stop"
                let bits name = File.ReadAllBytes (Path.Combine (folder, name, "checkpoint.safetensors"))
                let tensors (bytes: byte array) = bytes[8 + int (BitConverter.ToInt64 (bytes, 0)) ..]
                Expect.isTrue
                    (tensors (bits "stopped") = tensors (bits "whole"))
                    "the same bits as without a stop")
        }
        test "--help lists the options" {
            Script.inFolder (fun folder ->
                let code, text = run folder [ "--"; "--help" ]
                Expect.equal code 0 (Script.tail 20 text)
                for option in
                    [
                        "--data"
                        "--epochs"
                        "--batch"
                        "--device"
                        "--seed"
                        "--out"
                        "--resume"
                        "--check"
                        "--explain"
                    ] do
                    Expect.stringContains text option "an option")
        }
        for name, options, recipe, expected in
            [
                "an unknown option", [ "--epoch"; "3" ], small, "--epoch"
                "a number that is none", [ "--batch"; "many" ], small, "many"
                "an unknown set", [ "--data"; "nothing" ], small, "'nothing'"
                "a batch larger than the set", [ "--batch"; "65" ], small, "65 is larger than the 64"
                "a batch of 1", [ "--batch"; "1" ], small, "batch of 1"
                "a crop larger than the image",
                [],
                { small with Views = globals 2 (crop 32<px> (ViewWords.between 0.2 1.0)) },
                "32 px is larger than the images of 28 x 28"
                "heads that do not fit", [], { small with Projector = head [ relu ] }, "Layer.Relu"
                "nothing against collapse", [], { small with Avoid = [] }, "collaps"
                "no CUDA", [ "--device"; "cuda" ], small, "--device cuda"
                "no such device", [ "--device"; "tpu" ], small, "tpu"
                "an output that cannot be written", [ "--out"; "/proc/none" ], small, "/proc/none"
                "a mechanism that is not there", [ "--without"; "predict" ], small, "It has: repel"
                "collapse that a missing mechanism lets in", [ "--without"; "repel" ], small, "collaps"
                "no published configuration", [ "--published" ], small, "has no published configuration"
                "no steps", [ "--steps"; "0" ], small, "--steps 0"
                "nothing to resume", [ "--resume"; "nowhere" ], small, "nowhere"
            ] do
            test $"{name}: an error that names it" {
                let code, text = inProcess options recipe
                Expect.equal code 1 "exit code"
                Expect.stringContains text expected "the value"
                Expect.isFalse (text.Contains "   at ") "no stack trace"
            }
        test "a head of another width than the classes is refused with both" {
            let code, text = inProcess [] { small with Objective = supervised; Avoid = [] }
            Expect.equal code 1 "exit code"
            Expect.stringContains text "8 logits" "the head"
            Expect.stringContains text "linear 10" "the remedy"
        }
        test "more labelled images than a class has are refused with both numbers" {
            let recipe = {
                small with
                    Projector = head [ linear 10 ]
                    Objective = semiSupervised 1000 8 [ confident 0.95 1.0 ]
                    Avoid = []
            }
            let code, text = inProcess [] recipe
            Expect.equal code 1 "exit code"
            Expect.stringContains text "1000 labelled images" "asked"
            Expect.stringContains text "a class of glyphs:64:40 has" "there are"
        }
        test "a recipe's published configuration, its ablations and a few steps are said" {
            let published = { small with Name = "as-published"; Data = "folder:imagenet" }
            let said options =
                let before = Console.Out
                use writer = new StringWriter ()
                Console.SetOut writer
                try
                    Cli.mainOf (Some published) (List.toArray options) small, writer.ToString ()
                finally
                    Console.SetOut before
            for options, expected in
                [
                    [ "--published"; "--check" ], "as-published on folder:imagenet: 1281167 images"
                    [ "--check" ], $"{small.Name} on glyphs:64:40: 64 images"
                    [ "--ablations" ], "repel\tcomplete, dimensional"
                    [ "--steps"; "2" ], "\n  1 "
                ] do
                let code, text = said options
                Expect.equal code 0 "exit code"
                Expect.stringContains text expected "said"
        }
        test "a folder that holds a run is not overwritten" {
            Script.inFolder (fun folder ->
                File.WriteAllText (Path.Combine (folder, "checkpoint.safetensors"), "precious")
                let code, text = inProcess [ "--out"; folder ] small
                Expect.equal code 1 "exit code"
                Expect.stringContains text "--resume" "the remedy"
                Expect.equal
                    (File.ReadAllText (Path.Combine (folder, "checkpoint.safetensors")))
                    "precious"
                    "untouched")
        }
    ]
