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

/// Runs a script of bench/peers, as many times at once as there are cores to fill, and adds up its figures "value"; and its
/// "name". None where no Python has torch.
let run (script: string) (cores: int) (arguments: string list) =
    python.Value
    |> Option.map (fun command ->
        let text = File.ReadAllText (Path.Combine (root, "bench", "peers", script))
        let answers =
            List.init cores (fun _ ->
                try
                    start command ("-" :: arguments) text
                with :? ComponentModel.Win32Exception as e ->
                    failwith $"VANTAGE_PYTHON names {command.Head}, which does not start: {e.Message}")
            |> List.map (fun child ->
                match finish child with
                | 0, output, _ -> JsonDocument.Parse(output).RootElement
                | code, _, errors -> failwith $"{script} ended with {code}: {errors}")
        let value = answers |> List.sumBy (fun answer -> answer.GetProperty("value").GetDouble())
        value, nonNull (answers.Head.GetProperty("name").GetString()))

/// Runs a script of bench/peers once; its figures "values" by name, and its "name". None where no Python has torch.
let table (script: string) (arguments: string list) =
    python.Value
    |> Option.map (fun command ->
        let text = File.ReadAllText (Path.Combine (root, "bench", "peers", script))
        match finish (start command ("-" :: arguments) text) with
        | 0, output, _ ->
            let answer = JsonDocument.Parse(output).RootElement
            let values =
                Map [
                    for value in answer.GetProperty("values").EnumerateObject() do
                        value.Name, value.Value.GetDouble ()
                ]
            values, nonNull (answer.GetProperty("name").GetString())
        | code, _, errors -> failwith $"{script} ended with {code}: {errors}")
