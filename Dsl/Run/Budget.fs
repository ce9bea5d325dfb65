namespace Vantage

open System.Diagnostics
open System.Threading
open TorchSharp
open Vantage.Kernels

/// How long a recipe may train, in minutes on this machine.
module Budget =
    // Steps that warm caches and threads up, and steps that are timed.
    let private warm, timed = 6, 24

    /// Seconds of a step of a recipe on this split, views included, measured by training a copy that is thrown away.
    let secondsAStep device (recipe: Recipe) (split: Split) =
        use _ = torch.NewDisposeScope ()
        let trainer = Train.prepare (ViewEngine.Best ()) device recipe split
        let until total from =
            Train.run { trainer with Total = total } from ignore ignore ignore CancellationToken.None
            |> ignore
        until warm Position.start
        let clock = Stopwatch.StartNew ()
        until (warm + timed) { Position.start with Step = warm }
        clock.Elapsed.TotalSeconds / float timed

    /// As many whole epochs as fit into the minutes, at least one.
    let epochs minutes secondsAStep perEpoch = max 1 (int (60.0 * minutes / (secondsAStep * float perEpoch)))
