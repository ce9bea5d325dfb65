namespace Vantage

open System
open System.Diagnostics
open Spectre.Console

/// Shows a person how a run goes: a bar in a terminal, a line every few seconds elsewhere.
[<RequireQualifiedAccess>]
module Progress =
    let private describe (total: int) (m: Metric) =
        let left = float (total - m.Step - 1) * m.Seconds / float (m.Step + 1)
        let online =
            match m.OnlineTest with
            | Some share -> $"  online probe {share:P1} of test images"
            | None -> ""
        $"epoch {m.Epoch:F2}  loss {m.Loss:F3}  accuracy {m.Accuracy:P0}  spread {m.Spread:F2}  rank {m.Rank:F0}  {m.ImagesPerSecond:F0} images/s  wait {m.WaitShare:P1}  {Metrics.duration left} left{online}"

    /// Runs `work`, which tells of each metric through the function it is given.
    let during total (work: (Metric -> unit) -> 'result) : 'result =
        if Console.IsOutputRedirected then
            let clock = Stopwatch.StartNew ()
            let mutable next = 0.0
            work (fun metric ->
                if
                    clock.Elapsed.TotalSeconds >= next
                    || metric.Step = total - 1
                    || metric.OnlineTest.IsSome
                then
                    next <- clock.Elapsed.TotalSeconds + 5.0
                    printfn $"{describe total metric}")
        else
            let columns: ProgressColumn array = [|
                ProgressBarColumn (Width = 24)
                PercentageColumn ()
                TaskDescriptionColumn (Alignment = Justify.Left)
            |]
            AnsiConsole
                .Progress()
                .Columns(columns)
                .Start(fun context ->
                    let task = context.AddTask ("starting", true, float total)
                    work (fun metric ->
                        task.Value <- float (metric.Step + 1)
                        task.Description <- Markup.Escape (describe total metric)))
