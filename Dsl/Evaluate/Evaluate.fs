namespace Vantage

open System
open TorchSharp
open Argu

/// The options of `./research evaluate`.
type EvaluateOptions =
    | [<MainCommand; ExactlyOnce>] Run of folder: string
    | Data of set: string
    | Transfer of set: string
    | Beside of folder: string
    | Out of folder: string
    | Device of name: string
    | Threads of count: int

    interface IArgParserTemplate with
        member this.Usage =
            match this with
            | Run _ -> "folder of a run, such as runs/simclr-20260101-120000."
            | Data _ ->
                "another set to measure on, of images with as many channels; the run's own if not given."
            | Transfer _ ->
                "another set to transfer to; glyphs if not given, Fashion-MNIST of a run on glyphs."
            | Beside _ -> "another run, whose layers are compared with this one's by CKA on the same images."
            | Out _ -> "where the findings go; the run's folder if not given."
            | Device _ -> "cpu or cuda."
            | Threads _ -> "threads of libtorch; as many as there are cores if not given."

/// `./research evaluate RUN`: the whole battery on a run's checkpoint.
module Evaluate =
    /// Evaluates a run as the options say; raises what is wrong with them.
    let run (options: ParseResults<EvaluateOptions>) =
        let folder = options.GetResult Run
        let device = Vantage.Run.device (options.GetResult (Device, "cpu"))
        torch.set_num_threads (options.GetResult (Threads, Environment.ProcessorCount))
        let warn (text: string) = Console.Error.WriteLine $"warning: {text}"
        let opened = Finished.load device (options.TryGetResult Data) folder warn
        let spec = options.GetResult (Data, opened.Recipe.Data)
        let beside =
            options.TryGetResult Beside
            |> Option.map (fun other -> Finished.load device (Some spec) other warn)
        printfn $"{opened.Recipe.Name} at step {opened.Step}, on {opened.Data.Name}"
        let found = Battery.run (printfn "%s") (options.TryGetResult Transfer) beside opened
        let header, rows = BatteryPage.scores found
        printfn ""
        for row in header :: rows do
            row
            |> List.mapi (fun i cell -> if i = 0 then cell.PadRight 28 else cell.PadLeft 16)
            |> String.concat ""
            |> printfn "%s"
        for why in found.Absent do
            printfn $"not measured: {why}"
        printfn $"{Metrics.duration found.Seconds} in all"
        for path in BatteryPage.save (options.GetResult (Out, folder)) found do
            printfn $"  {path}"

    /// As a command; the exit code.
    let main (arguments: string array) =
        try
            run (ArgumentParser.Create<EvaluateOptions>(programName = "./research evaluate").Parse arguments)
            0
        with
        | :? ArguParseException as e ->
            eprintfn $"{e.Message}"
            if e.ErrorCode = ErrorCode.HelpText then 0 else 1
        | UserException text
        | EvaluationException text
        | CheckpointException text ->
            eprintfn $"{text}"
            1
        | DataException error ->
            eprintfn $"{DataError.message error}"
            1
