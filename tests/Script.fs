/// Runs F# scripts in a child process, as a user would: `dotnet fsi FILE`.
module Vantage.Tests.Script

open System
open System.Diagnostics
open System.IO

/// The repository's root: the nearest folder above the tests that holds Research.sln.
let root =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith $"no folder above {AppContext.BaseDirectory} holds Research.sln"
        | folder when File.Exists (Path.Combine (folder.FullName, "Research.sln")) -> folder.FullName
        | folder -> up folder.Parent
    up (DirectoryInfo AppContext.BaseDirectory)

/// How a script ended: its exit code (None: stopped at the time limit) and what it wrote, errors after output.
type Ended = { Code: int option; Text: string }

/// Runs a script with arguments in a folder with these environment variables; past the limit it and its children are ended.
let runWith
    (limit: TimeSpan)
    (folder: string)
    (variables: (string * string) list)
    (file: string)
    (arguments: string list)
    : Ended =
    let start =
        ProcessStartInfo (
            "dotnet",
            [ "fsi"; "--nologo"; file ] @ arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )
    for name, value in variables do
        start.Environment[name] <- value
    use child =
        match Process.Start start with
        | null -> failwith "dotnet did not start: is it on the PATH?"
        | child -> child
    let output, errors = child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
    let inTime = child.WaitForExit limit
    if not inTime then
        child.Kill true
        child.WaitForExit ()
    {
        Code = (if inTime then Some child.ExitCode else None)
        Text = output.Result + errors.Result
    }

/// The same without arguments.
let run limit folder variables file = runWith limit folder variables file []

/// Hands a fresh folder to a test and removes it after.
let inFolder (test: string -> 'a) : 'a =
    let folder = Directory.CreateTempSubdirectory "vantage-"
    try
        test folder.FullName
    finally
        folder.Delete true

/// The last lines of a text, for a failure's message.
let tail count (text: string) =
    let lines = text.Split '\n'
    lines[max 0 (lines.Length - count) ..] |> String.concat "\n"
