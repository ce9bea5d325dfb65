module Vantage.Tests.WatchTests

open System
open System.Diagnostics
open System.IO
open System.Numerics
open System.Threading
open Expecto
open Google.Protobuf
open Tensorboard
open Vantage

let private metric step : Metric = {
    Step = step
    Epoch = 0.5
    Loss = 2.5
    Rate = 0.1
    Accuracy = 0.25
    Entropy = 1.5
    Spread = 0.9
    Rank = 7.5
    Alignment = 0.125
    Uniformity = -2.25
    Online = Some 0.75
    OnlineTest = Some 0.625
    ImagesPerSecond = 1000.0
    WaitShare = 0.01
    ForwardShare = 0.3
    LossShare = 0.05
    BackwardShare = 0.5
    UpdateShare = 0.1
    Seconds = 3.0
}

let private masked (data: byte array) =
    let crc = ~~~(Array.fold (fun crc (b: byte) -> BitOperations.Crc32C (crc, b)) UInt32.MaxValue data)
    BitOperations.RotateRight (crc, 15) + 0xa282ead8u

// The events of a file, both checksums of each record compared.
let private events (path: string) = [
    use reader = new BinaryReader (File.OpenRead path)
    while reader.BaseStream.Position < reader.BaseStream.Length do
        let length = reader.ReadBytes 8
        Expect.equal (reader.ReadUInt32 ()) (masked length) "checksum of the length"
        let data = reader.ReadBytes (int (BitConverter.ToUInt64 length))
        Expect.equal (reader.ReadUInt32 ()) (masked data) "checksum of the data"
        Event.Parser.ParseFrom data
]

let private eventFiles folder = Directory.GetFiles (folder, "events.out.tfevents.*") |> Array.sort

let private recipe = { Generators.small with Data = "glyphs:40:40"; Evaluate = [ knn 5 0.1 ] }

let private into folder = { Run.settings with Folder = Some folder; Threads = Some 2 }

// Runs quietly.
let private train settings recipe =
    let before = Console.Out
    Console.SetOut TextWriter.Null
    try
        Run.train settings recipe
    finally
        Console.SetOut before

/// What a person sees of a run while it goes on.
[<Tests>]
let tests =
    testSequenced
    <| testList "Watch" [
        test "the checksum is CRC-32C" {
            // RFC 3720, B.4: 32 bytes of zeros give 0x8A9136AA.
            let crc =
                ~~~(Array.fold
                        (fun crc (b: byte) -> BitOperations.Crc32C (crc, b))
                        UInt32.MaxValue
                        (Array.zeroCreate 32))
            Expect.equal crc 0x8A9136AAu "of zeros"
        }
        test "events are read back by TensorBoard's own protocol buffers, checksums compared" {
            Script.inFolder (fun folder ->
                (use file = Events.Open (folder, 0)
                 file.Add (metric 0)
                 file.Add (metric 300))
                let found = events (Array.exactlyOne (eventFiles folder))
                Expect.equal found.Head.FileVersion "brain.Event:2" "version"
                let now = float (DateTimeOffset.UtcNow.ToUnixTimeSeconds ())
                for event in found do
                    Expect.floatClose
                        { absolute = 60.0; relative = 0.0 }
                        event.WallTime
                        now
                        "seconds since 1970"
                Expect.equal (found.Tail |> List.map _.Step) [ 0L; 300L ] "steps"
                for event in found.Tail do
                    Expect.equal
                        [ for value in event.Summary.Value -> value.Tag, value.SimpleValue ]
                        [ for name, value in Events.Scalars (metric 0) -> name, float32 value ]
                        "scalars")
        }
        test "a resumed run tells TensorBoard what to forget" {
            Script.inFolder (fun folder ->
                (use _ = Events.Open (folder, 120)
                 ())
                let found = events (Array.exactlyOne (eventFiles folder))
                let start = List.last found
                Expect.equal start.SessionLog.Status SessionLog.Types.SessionStatus.Start "a session starts"
                Expect.equal start.Step 120L "at its step")
        }
        test "a line of metrics that was cut off is left out" {
            Script.inFolder (fun folder ->
                Metrics.append folder (metric 0)
                Metrics.append folder (metric 1)
                let bytes = File.ReadAllBytes (Metrics.file folder)
                File.WriteAllBytes (Metrics.file folder, Array.truncate (bytes.Length - 9) bytes)
                Expect.equal (Metrics.read folder) [ metric 0 ] "whole lines"
                Metrics.truncate folder 5
                Metrics.append folder (metric 1)
                Expect.equal (Metrics.read folder) [ metric 0; metric 1 ] "written again")
        }
        test "the clock's parts add up to the time that was spent" {
            let clock = Clock ()
            let all = Stopwatch.StartNew ()
            let spend mark =
                Thread.Sleep 20
                mark ()
            clock.Begin ()
            spend clock.Forward
            spend clock.Loss
            spend clock.Backward
            spend clock.Updated
            let s = clock.Spent
            for part in [ s.Forward; s.Loss; s.Backward; s.Updated ] do
                Expect.isGreaterThan part 0.019 "a part"
            let sum = s.Forward + s.Loss + s.Backward + s.Updated
            Expect.isLessThanOrEqual sum all.Elapsed.TotalSeconds "no more than passed"
            Expect.isGreaterThan sum (all.Elapsed.TotalSeconds - 0.05) "nothing is lost"
        }
        test "a run logs its parts, its events, and a page that stands alone" {
            Script.inFolder (fun folder ->
                let result = train (into folder) recipe
                let logged = List.last result.History
                let shares = [
                    logged.WaitShare
                    logged.ForwardShare
                    logged.LossShare
                    logged.BackwardShare
                    logged.UpdateShare
                ]
                Expect.all shares (fun x -> x > 0.0 && x < 1.0) $"shares {shares}"
                Expect.isLessThan (List.sum shares) 1.0 "of the whole"
                Expect.isGreaterThan
                    (logged.ForwardShare + logged.BackwardShare)
                    logged.LossShare
                    "networks cost more than their loss"
                let found = events (Array.exactlyOne (eventFiles folder))
                Expect.equal
                    [ for event in found.Tail -> int event.Step ]
                    (result.History |> List.map _.Step)
                    "an event for each line of metrics"
                let page = File.ReadAllText (Path.Combine (folder, "report.html"))
                Expect.isFalse (page.Contains "http-equiv=\"refresh\"") "a finished page stays")
        }
        test "while a run goes on its page loads itself anew" {
            Script.inFolder (fun folder ->
                use stop = new CancellationTokenSource ()
                let page () = File.ReadAllText (Path.Combine (folder, "report.html"))
                // Stops once the page is there.
                let watch =
                    Thread (fun () ->
                        while not (File.Exists (Path.Combine (folder, "report.html"))) do
                            Thread.Sleep 5
                        stop.Cancel ())
                watch.Start ()
                let stopped =
                    try
                        train { into folder with Stop = stop.Token } { recipe with Epochs = 1000<epoch> }
                        |> ignore
                        false
                    with :? OperationCanceledException ->
                        true
                watch.Join ()
                Expect.isTrue stopped "stopped"
                Expect.stringContains (page ()) "<meta http-equiv=\"refresh\" content=\"10\">" "it refreshes"
                Expect.stringContains (page ()) "class=\"panel\"" "and has curves")
        }
        test "a loss that is not finite leaves the draws of its batch, which give its views again" {
            Script.inFolder (fun folder ->
                let wild = {
                    recipe with
                        Optimizer = { Rule = Rule.Sgd 0.9; Rate = constant 1e30; Decay = 0.0 }
                }
                let text =
                    try
                        train (into folder) wild |> ignore
                        "finished"
                    with UserException text ->
                        text
                Expect.stringContains text "not finite at step " "which step"
                let path = Array.exactlyOne (Directory.GetFiles (folder, "not-finite-step-*.csv"))
                Expect.stringContains text path "where"
                let drawn = DrawTable.load path
                Expect.equal drawn.Length (wild.Batch * 2) "two views an image"
                let step = int ((nonNull (Path.GetFileNameWithoutExtension path)).Split '-' |> Array.last)
                let order = Order.permutation wild.Seed (step / 5) 40
                let batch = order[step % 5 * wild.Batch ..] |> Array.truncate wild.Batch
                Expect.equal
                    (drawn |> List.map (fun d -> int d.Image) |> List.distinct)
                    (Array.toList batch)
                    "the images of that step")
        }
        test "steps between saves are counted from 1" {
            Script.inFolder (fun folder ->
                Expect.throwsC
                    (fun () -> train { into folder with SaveEvery = Some 0 } recipe |> ignore)
                    (fun e -> Expect.stringContains e.Message "--save-every 0" "the error"))
        }
        test "two runs in one folder get a clear error, and the first goes on" {
            Script.inFolder (fun folder ->
                use _ = RunFolder.claim folder
                Expect.throwsC (fun () -> train (into folder) recipe |> ignore) (fun e ->
                    Expect.stringContains e.Message "Another run is writing into" "the error")
                Expect.isFalse (File.Exists (Metrics.file folder)) "nothing was written")
        }
    ]
