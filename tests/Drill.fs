/// The fault drill: runs of a small recipe, killed by SIGKILL at random moments and resumed, against the run that nobody disturbed.
module Vantage.Tests.Drill

open System
open System.Diagnostics
open System.IO
open System.Threading
open Expecto
open Vantage
open Vantage.Kernels

/// What a drill met.
type Outcome = {
    /// Processes killed, from their start to their last step.
    Kills: int
    /// Of them, while a checkpoint was written: its unfinished file was left, or the rename was.
    InWrite: int
    /// Processes that went on from a checkpoint.
    Resumes: int
    /// Whole runs, from the first step to the last.
    Finished: int
    /// Finished checkpoints that the drill damaged after a kill: cut, or one byte changed.
    Damaged: int
    /// Unfinished checkpoint files that were left and are no whole checkpoint.
    Torn: int
    /// Warnings that a checkpoint was damaged or missing.
    Warnings: int
    /// Bits of final weights, statistics and optimiser state that differ from the undisturbed run's.
    DifferingBits: int64
    /// Lines of metrics that differ in step or loss.
    DifferingLines: int
    Seconds: float
}

// Ten steps an epoch, a checkpoint every second step: a good part of the time is spent in writing.
let private recipe = {
    Generators.small with
        Data = "glyphs:80:40"
        Epochs = 8<epoch>
        Evaluate = [ knn 5 0.1 ]
}

/// The killed side: trains in a folder, from its checkpoint where it holds one. Says `training` before the first step.
let child folder =
    let settings = { Run.settings with Threads = Some 1; SaveEvery = Some 2 }
    let settings =
        if Checkpoint.exists folder then
            { settings with Resume = Some folder }
        else
            { settings with Folder = Some folder }
    Run.train settings recipe |> ignore

let private start (folder: string) =
    let info =
        ProcessStartInfo (
            "dotnet",
            [ typeof<Outcome>.Assembly.Location; "--drill-child"; folder ],
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )
    nonNull (Process.Start info)

// What a process wrote to standard error, once it has ended; its output is read away.
let private listen (child: Process) =
    let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
    fun () ->
        child.WaitForExit ()
        output.Wait ()
        errors.Result

let private metricsLength folder =
    let info = FileInfo (Metrics.file folder)
    if info.Exists then info.Length else 0L

let private wait (child: Process) seconds =
    let clock = Stopwatch.StartNew ()
    while not child.HasExited && clock.Elapsed.TotalSeconds < seconds do
        Thread.Sleep 1

// Waits for a random moment of training, every other time for one at which a checkpoint is being written.
let private waitForTraining (random: Random) folder before (child: Process) =
    while not child.HasExited && metricsLength folder <= before do
        Thread.Sleep 1
    wait child (random.NextDouble () * 0.25)
    if random.Next 2 = 0 then
        while not child.HasExited && not (File.Exists (Checkpoint.unfinished folder)) do
            Thread.Yield () |> ignore
        // Some later moment of the write: a few hundred microseconds at most, the files are small.
        let later = random.NextDouble () * 6e-4
        let inside = Stopwatch.StartNew ()
        while inside.Elapsed.TotalSeconds < later do
            Thread.SpinWait 10

// Kills at a random moment: one time in eight while it starts, else while it trains. False: the process had ended by itself.
let private kill (random: Random) folder before (child: Process) =
    if random.Next 8 = 0 then
        wait child (random.NextDouble () * 2.0)
    else
        waitForTraining random folder before child
    if child.HasExited then
        false
    else
        child.Kill () // SIGKILL: nothing in the process can answer it
        child.WaitForExit ()
        child.ExitCode = 137

// One time in eight, where there is one to go back to: cuts the newest checkpoint or changes a byte of it, as a bad disk might.
let private damage (random: Random) folder =
    let file = Checkpoint.file folder
    let chosen =
        random.Next 8 = 0
        && File.Exists file
        && File.Exists (Checkpoint.previous folder)
    if chosen then
        let bytes = File.ReadAllBytes file
        let place = random.Next bytes.Length
        if random.Next 2 = 0 then
            File.WriteAllBytes (file, Array.truncate place bytes)
        else
            bytes[place] <- bytes[place] ^^^ byte (random.Next (1, 256))
            File.WriteAllBytes (file, bytes)
    chosen

// Whether an unfinished file is a whole checkpoint: written and flushed, not yet renamed.
let private isWhole path =
    try
        use _ = Safetensors.Read path
        true
    with :? SafetensorsException ->
        false

let private final folder =
    use saved = Safetensors.Read (Checkpoint.file folder)
    [
        for name in Seq.sort saved.Tensors.Keys do
            name, saved.Tensors[name].bytes.ToArray()
    ]

let private differingBits (a: (string * byte array) list) (b: (string * byte array) list) =
    if List.map fst a <> List.map fst b then
        failwith "the tensors have other names"
    List.zip a b
    |> List.sumBy (fun ((_, x), (_, y)) ->
        Array.fold2
            (fun sum (p: byte) (q: byte) -> sum + int64 (Numerics.BitOperations.PopCount (uint32 (p ^^^ q))))
            0L
            x
            y)

let private lines folder = Metrics.read folder |> List.map (fun m -> m.Step, m.Loss)

let private differingLines a b =
    if List.length a <> List.length b then
        max (List.length a) (List.length b)
    else
        List.zip a b |> List.filter (fun (x, y) -> x <> y) |> List.length

/// Kills so many processes at moments drawn from the seed, and resumes until each run has finished.
let run (kills: int) (seed: int) : Outcome =
    let random = Random seed
    let clock = Stopwatch.StartNew ()
    let finish folder =
        use child = start folder
        let errors = (listen child) ()
        if child.ExitCode <> 0 then
            failwith $"a run in {folder} ended with {child.ExitCode}: {errors}"
        errors
    Script.inFolder (fun root ->
        let calm = Path.Combine (root, "calm")
        finish calm |> ignore
        let weights, metrics = final calm, lines calm
        let warnings (errors: string) =
            errors.Split '\n'
            |> Array.filter (fun line -> line.Contains "Going back to")
            |> Array.length
        let add (o: Outcome) (errors: string) = { o with Warnings = o.Warnings + warnings errors }
        let compare o folder = {
            o with
                Finished = o.Finished + 1
                DifferingBits = o.DifferingBits + differingBits weights (final folder)
                DifferingLines = o.DifferingLines + differingLines metrics (lines folder)
        }
        // One process in a folder: killed, or to its end.
        let rec go (o: Outcome) run =
            let folder = Path.Combine (root, $"run-{run}")
            let resumes = Checkpoint.exists folder
            let o = if resumes then { o with Resumes = o.Resumes + 1 } else o
            if o.Kills >= kills then
                if Directory.Exists folder then compare (add o (finish folder)) folder else o
            else
                let had = File.Exists (Checkpoint.file folder)
                let stale = File.GetLastWriteTimeUtc (Checkpoint.unfinished folder)
                let before = metricsLength folder
                use child = start folder
                let errors = listen child
                if kill random folder before child then
                    let o = add o (errors ())
                    let left =
                        File.Exists (Checkpoint.unfinished folder)
                        && File.GetLastWriteTimeUtc (Checkpoint.unfinished folder) <> stale
                    let between = had && not (File.Exists (Checkpoint.file folder))
                    go
                        {
                            o with
                                Kills = o.Kills + 1
                                Damaged = o.Damaged + (if damage random folder then 1 else 0)
                                InWrite = o.InWrite + (if left || between then 1 else 0)
                                Torn =
                                    o.Torn
                                    + (if left && not (isWhole (Checkpoint.unfinished folder)) then 1 else 0)
                        }
                        run
                else
                    let text = errors ()
                    if child.ExitCode <> 0 then
                        failwith $"a run in {folder} ended with {child.ExitCode}: {text}"
                    let o = compare (add o text) folder
                    Directory.Delete (folder, true)
                    go o (run + 1)
        let nothing = {
            Kills = 0
            InWrite = 0
            Resumes = 0
            Finished = 0
            Damaged = 0
            Torn = 0
            Warnings = 0
            DifferingBits = 0L
            DifferingLines = 0
            Seconds = 0.0
        }
        { go nothing 0 with Seconds = clock.Elapsed.TotalSeconds })

/// For people.
let print (o: Outcome) =
    printfn
        $"{o.Kills} processes killed by SIGKILL, {o.InWrite} of them while a checkpoint was written ({o.Torn} files torn); {o.Resumes} resumes; {o.Damaged} checkpoints damaged on purpose, {o.Warnings} warnings that the one before the newest was taken"
    printfn
        $"{o.Finished} runs finished: {o.DifferingBits} bits of their final tensors and {o.DifferingLines} lines of their metrics differ from the undisturbed run's; {Metrics.duration o.Seconds}"

let private (|Whole|_|) (text: string) =
    match Int32.TryParse text with
    | true, n -> Some n
    | _ -> None

/// The command `./research drill [--runs N] [--seed N]`: exit code 0 where nothing differs.
let main (arguments: string list) =
    let rec read kills seed =
        function
        | [] -> Ok (kills, seed)
        | "--runs" :: Whole n :: rest when n > 0 -> read n seed rest
        | "--seed" :: Whole n :: rest -> read kills n rest
        | other :: _ -> Error other
    match read 200 1 arguments with
    | Ok (kills, seed) ->
        let outcome = run kills seed
        print outcome
        if outcome.DifferingBits = 0L && outcome.DifferingLines = 0 then 0 else 1
    | Error text ->
        eprintfn $"drill: what is '{text}'? It takes --runs N (processes to kill, from 1 on) and --seed N."
        1

/// The drill in little.
[<Tests>]
let tests =
    testList "Drill" [
        test "runs killed at random moments end with the bits of the undisturbed one" {
            let outcome = run 6 7
            Expect.equal outcome.Kills 6 "kills"
            Expect.isGreaterThan outcome.Resumes 0 "resumed"
            Expect.isGreaterThan outcome.Finished 0 "finished"
            Expect.equal outcome.DifferingBits 0L "bits"
            Expect.equal outcome.DifferingLines 0 "lines of metrics"
        }
    ]
