namespace Vantage

open System
open System.Diagnostics
open System.Threading
open TorchSharp
open Vantage.Kernels

/// How long a recipe may train, in minutes of all cores of this machine.
module Budget =
    // Steps that warm caches, threads and the compiler up, steps that are timed together, and how many times. The middle of the times
    // counts: on a shared machine a neighbour's burst lengthens some steps by half, and a mean of them once gave half the epochs that fitted.
    let private warm, window, windows = 16, 8, 5

    /// Time of the cores over their number: what the clock would show if all were always at work for this process, whatever else runs beside it.
    let private worked () =
        use self = Process.GetCurrentProcess ()
        self.TotalProcessorTime.TotalSeconds / float Environment.ProcessorCount

    /// Seconds of all cores that a step of a recipe takes on this split, views included, measured by training a copy that is thrown away.
    let secondsAStep device (recipe: Recipe) (split: Split) =
        use _ = torch.NewDisposeScope ()
        let trainer = Train.prepare (ViewEngine.Best ()) device recipe split
        let until total from =
            Train.run { trainer with Total = total } from ignore ignore ignore CancellationToken.None
            |> ignore
        until warm Position.start
        let times =
            Array.init windows (fun i ->
                let step = warm + i * window
                let before = worked ()
                until (step + window) { Position.start with Step = step }
                (worked () - before) / float window)
        (Array.sort times)[windows / 2]

    /// As many whole epochs as fit into the minutes, at least one.
    let epochs minutes secondsAStep perEpoch = max 1 (int (60.0 * minutes / (secondsAStep * float perEpoch)))
