namespace Vantage

open System.Diagnostics

/// Seconds of a run by what they went into: waiting for views, the networks forward, the loss, backward, the update of all weights (targets and
/// queues included). What is left of a step is looking at it: gauges, the log, checkpoints.
type Spent = { Waited: float; Forward: float; Loss: float; Backward: float; Updated: float }

/// Sums and shares of seconds.
module Spent =
    /// Nothing yet.
    let zero = { Waited = 0.0; Forward = 0.0; Loss = 0.0; Backward = 0.0; Updated = 0.0 }

    /// One after the other.
    let add a b = {
        Waited = a.Waited + b.Waited
        Forward = a.Forward + b.Forward
        Loss = a.Loss + b.Loss
        Backward = a.Backward + b.Backward
        Updated = a.Updated + b.Updated
    }

    /// As shares of so many seconds.
    let shares seconds it =
        let part x = x / max 1e-9 seconds
        {
            Waited = part it.Waited
            Forward = part it.Forward
            Loss = part it.Loss
            Backward = part it.Backward
            Updated = part it.Updated
        }

    /// For people: "forward 30.1 %, ...".
    let print seconds it =
        let s = shares seconds it
        let rest = 1.0 - (s.Waited + s.Forward + s.Loss + s.Backward + s.Updated)
        $"waiting for views {s.Waited:P1}, forward {s.Forward:P1}, loss {s.Loss:P1}, backward {s.Backward:P1}, optimiser {s.Updated:P1}, log and checkpoints {max 0.0 rest:P1}"

/// Sums where a step's time goes: two reads of the processor's counter a part (some 50 ns), no synchronisation of its own. On a device that
/// works behind the program's back a part is charged with what it waited for: the value of the loss, above all.
[<Sealed>]
type Clock() =
    let mutable last = Stopwatch.GetTimestamp ()
    let mutable sum = Spent.zero

    let lap () =
        let now = Stopwatch.GetTimestamp ()
        let seconds = float (now - last) / float Stopwatch.Frequency
        last <- now
        seconds

    /// What was summed since the last reset.
    member _.Spent = sum

    /// Forgets everything.
    member _.Reset() = sum <- Spent.zero

    /// A part begins; what was since the last one is nobody's.
    member _.Begin() = lap () |> ignore

    /// The time since the last mark went forward.
    member _.Forward() = sum <- { sum with Forward = sum.Forward + lap () }

    /// The time since the last mark went into the loss.
    member _.Loss() = sum <- { sum with Loss = sum.Loss + lap () }

    /// The time since the last mark went backward.
    member _.Backward() = sum <- { sum with Backward = sum.Backward + lap () }

    /// The time since the last mark went into the update.
    member _.Updated() = sum <- { sum with Updated = sum.Updated + lap () }
