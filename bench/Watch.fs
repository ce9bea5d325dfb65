/// Timing by the median of repetitions: whole batches on one core or two, beside a peer in another process, is not what a
/// harness for single methods measures.
module Vantage.Bench.Watch

open System.Diagnostics

let private speeds quick (work: unit -> unit) =
    let repetitions, seconds = if quick then 5, 0.05 else 11, 0.3
    let run atLeast =
        let clock = Stopwatch.StartNew ()
        let mutable runs = 0
        while clock.Elapsed.TotalSeconds < atLeast do
            work ()
            runs <- runs + 1
        float runs / clock.Elapsed.TotalSeconds
    run (if quick then 0.5 else 1.5) |> ignore // the runtime compiles hot loops a second time
    Array.init repetitions (fun _ -> run seconds) |> Array.sort

/// Runs of the work in one second: the best of at least five repetitions. Other work on a shared machine only ever slows one down.
let bestPerSecond quick work = speeds quick work |> Array.last

/// Runs of the work in one second: the median of at least five repetitions, each long enough for the clock, after warming up.
let perSecond quick work =
    let speeds = speeds quick work
    speeds[speeds.Length / 2]
