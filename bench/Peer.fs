/// The peers' side: Python scripts beside this file, run by the command in VANTAGE_PYTHON, or by python3 where that has torch.
module Vantage.Bench.Peer

open System
open System.Diagnostics
open System.IO
open System.Text.Json

/// The folder that holds Research.sln.
let root =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith $"no Research.sln above {AppContext.BaseDirectory}"
        | folder when File.Exists (Path.Combine (folder.FullName, "Research.sln")) -> folder.FullName
        | folder -> up folder.Parent
    up (DirectoryInfo AppContext.BaseDirectory)

let private start (command: string list) (arguments: string list) (input: string) =
    let info =
        ProcessStartInfo (
            command.Head,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )
    for argument in command.Tail @ arguments do
        info.ArgumentList.Add argument
    let child = nonNull (Process.Start info)
    let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
    try
        child.StandardInput.Write input
        child.StandardInput.Close ()
    with :? IOException ->
        () // it ended before it read; its exit code and its errors say why
    child, output, errors

let private finish
    (child: Process, output: Threading.Tasks.Task<string>, errors: Threading.Tasks.Task<string>)
    =
    child.WaitForExit ()
    child.ExitCode, output.Result, errors.Result

/// The Python that has torch and torchvision. A command named by VANTAGE_PYTHON must work; python3 need not.
let private python =
    lazy
        (match Environment.GetEnvironmentVariable "VANTAGE_PYTHON" |> Option.ofObj with
         | Some command when command.Trim () <> "" ->
             Some (List.ofArray (command.Split (' ', StringSplitOptions.RemoveEmptyEntries)))
         | _ ->
             try
                 match finish (start [ "python3" ] [ "-" ] "import torch, torchvision") with
                 | 0, _, _ -> Some [ "python3" ]
                 | _ -> None
             with :? ComponentModel.Win32Exception ->
                 None) // no python3 at all

let private text (script: string) = File.ReadAllText (Path.Combine (root, "bench", "peers", script))

let private answers (script: string) (copies: int) (arguments: string list) =
    python.Value
    |> Option.bind (fun command ->
        let text = text script
        let answers =
            List.init copies (fun _ ->
                try
                    start command ("-" :: arguments) text
                with :? ComponentModel.Win32Exception as e ->
                    failwith $"VANTAGE_PYTHON names {command.Head}, which does not start: {e.Message}")
            |> List.map (fun child ->
                match finish child with
                | 0, output, _ -> JsonDocument.Parse(output).RootElement
                | code, _, errors -> failwith $"{script} ended with {code}: {errors}")
        match answers.Head.TryGetProperty "missing" with
        | true, _ -> None
        | false, _ -> Some answers)

let private nameOf (answer: JsonElement) = nonNull (answer.GetProperty("name").GetString())

/// Runs a script of bench/peers, as many times at once as there are cores to fill, and adds up its figures "value"; and its
/// "name". None where no Python has torch, or the script says what is missing.
let run (script: string) (cores: int) (arguments: string list) =
    answers script cores arguments
    |> Option.map (fun answers ->
        answers |> List.sumBy (fun answer -> answer.GetProperty("value").GetDouble()), nameOf answers.Head)

/// Runs a script of bench/peers once: its figure "value", its "name", and its arrays "same" by name, which ours have to equal.
let runWithResults (script: string) (arguments: string list) =
    answers script 1 arguments
    |> Option.map (fun answers ->
        let answer = answers.Head
        let same =
            Map [
                for property in answer.GetProperty("same").EnumerateObject() do
                    property.Name, [| for value in property.Value.EnumerateArray () -> value.GetDouble () |]
            ]
        (answer.GetProperty("value").GetDouble(), nameOf answer), same)

/// Runs a script of bench/peers once; its figures "values" by name, and its "name". None where no Python has torch.
let table (script: string) (arguments: string list) =
    answers script 1 arguments
    |> Option.map (fun answers ->
        let values =
            Map [
                for value in answers.Head.GetProperty("values").EnumerateObject() do
                    value.Name, value.Value.GetDouble ()
            ]
        values, nameOf answers.Head)

/// A script of bench/peers that stays up: a line to it, and its line of JSON back.
type Turns(child: Process, script: string) =
    let errors = child.StandardError.ReadToEndAsync ()

    /// Sends a line and waits for the answer.
    member _.Ask(line: string) =
        child.StandardInput.WriteLine line
        child.StandardInput.Flush ()
        match child.StandardOutput.ReadLine () with
        | null -> failwith $"{script} ended at '{line}': {errors.Result}"
        | answer -> JsonDocument.Parse(answer).RootElement

    interface IDisposable with
        member _.Dispose() =
            child.StandardInput.Close ()
            child.WaitForExit ()
            child.Dispose ()

/// The command that runs a script of bench/peers and leaves its standard input free. None where no Python has torch.
let command (script: string) (arguments: string list) =
    python.Value
    |> Option.map (fun command -> command @ [ "-c"; text script ] @ arguments)

/// Starts a script of bench/peers that answers line by line. None where no Python has torch.
let turns (script: string) (arguments: string list) =
    command script arguments
    |> Option.map (fun command ->
        let info =
            ProcessStartInfo (
                command.Head,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )
        for argument in command.Tail do
            info.ArgumentList.Add argument
        new Turns (nonNull (Process.Start info), script))
