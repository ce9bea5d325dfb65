module Vantage.Tests.NotebookTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open Vantage

/// A notebook as far as the tests look at it.
type private Notebook = {
    Kernel: string
    Code: string list
    /// Indices of the code cells that carry an output or a count of executions.
    Ran: int list
}

let private read (text: string) : Notebook =
    use document = JsonDocument.Parse text
    let root = document.RootElement
    let source (cell: JsonElement) =
        match cell.GetProperty "source" with
        | lines when lines.ValueKind = JsonValueKind.Array ->
            lines.EnumerateArray ()
            |> Seq.map (fun line -> string (line.GetString ()))
            |> String.concat ""
        | line -> string (line.GetString ())
    let cells =
        root.GetProperty("cells").EnumerateArray()
        |> Seq.filter (fun cell -> cell.GetProperty("cell_type").GetString() = "code")
        |> List.ofSeq
    let ran (cell: JsonElement) =
        cell.GetProperty("outputs").GetArrayLength() > 0
        || cell.GetProperty("execution_count").ValueKind <> JsonValueKind.Null
    {
        Kernel =
            string (root.GetProperty("metadata").GetProperty("kernelspec").GetProperty("name").GetString())
        Code = cells |> List.map source
        Ran = cells |> List.indexed |> List.filter (snd >> ran) |> List.map fst
    }

/// One script of a notebook's code cells: the magics of .NET Interactive (`#!fsharp`) go, relative `#r` and `#load` are
/// looked for from the notebook's folder.
let private script (folder: string) (code: string list) =
    let cell i (text: string) =
        let lines =
            text.Split '\n'
            |> Array.filter (fun line -> not (line.TrimStart().StartsWith "#!"))
        $"// cell {i + 1}\n" + String.concat "\n" lines
    $"#I @\"{folder}\"\n" + (code |> List.mapi cell |> String.concat "\n\n") + "\n"

/// Paths that exist on one machine only.
let private machinePath =
    Regex @"(^|[\s""'@(=])(/(home|root|work|tmp|Users|mnt|srv|opt|usr|var)/|[A-Za-z]:\\|~/)"

let private limit = TimeSpan.FromMinutes 6.0

/// Runs the cells under `dotnet fsi`, from a copy in a folder of its own, in the notebook's folder.
let private runCells (limit: TimeSpan) (folder: string) (code: string list) =
    Script.inFolder (fun own ->
        let file = Path.Combine (own, "notebook.fsx")
        File.WriteAllText (file, script folder code)
        Script.run limit folder [ "VANTAGE_QUICK", "1" ] file)

let private notebooks =
    let folder = Path.Combine (Script.root, "Notebooks")
    if Directory.Exists folder then
        Directory.GetFiles (folder, "*.ipynb") |> Array.sort |> List.ofArray
    else
        []

let private cases (path: string) =
    let name = string (Path.GetFileName path)
    let notebook = lazy (read (File.ReadAllText path))
    testList name [
        testCase "its outputs are stripped and its kernel is .net-fsharp"
        <| fun () ->
            Expect.isEmpty
                notebook.Value.Ran
                "code cells that carry outputs or counts: clear all outputs, save again"
            Expect.equal notebook.Value.Kernel ".net-fsharp" "kernel"
        testCase "its cells never name a path of one machine"
        <| fun () ->
            for code in notebook.Value.Code do
                let found = machinePath.Match code
                Expect.isFalse found.Success $"path \"{found.Value.Trim ()}\" in the cell:\n{code}"
        testCase "its cells run under dotnet fsi"
        <| fun () ->
            Expect.isNonEmpty notebook.Value.Code "code cells"
            let ended = runCells limit (string (Path.GetDirectoryName path)) notebook.Value.Code
            Expect.equal ended.Code (Some 0) $"exit code; the end of its output:\n{Script.tail 40 ended.Text}"
    ]

let private json (kernel: string) (outputs: string) (source: string list) =
    let source = JsonSerializer.Serialize source
    [
        """{"cells": ["""
        """  {"cell_type": "markdown", "metadata": {}, "source": ["# /home/me in prose is fine\n"]},"""
        """  {"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": """
        outputs
        """, "source": """
        source
        """}], "metadata": {"kernelspec": {"name": """
        $"\"{kernel}\""
        """}}, "nbformat": 4, "nbformat_minor": 5}"""
    ]
    |> String.concat ""

/// Stand-ins for the Kernel of .NET Interactive, whose package the tests do not load.
type StandIn() =
    /// What was shown last: the content and its MIME types.
    static member val Shown = "" with get, set
    static member HTML(content: string) : obj = $"html:{content}" :> obj
    static member display(value: obj, mimeTypes: string[]) : obj =
        StandIn.Shown <- $"{value} as {mimeTypes[0]}"
        obj ()

/// As in its early versions: one MIME type.
type EarlyStandIn() =
    static member val Shown = "" with get, set
    static member HTML(content: string) : obj = $"html:{content}" :> obj
    static member display(value: obj, mimeType: string) : obj =
        EarlyStandIn.Shown <- $"{value} as {mimeType}"
        obj ()

let private showing =
    testList "show" [
        testCase "under dotnet fsi it writes a page and prints its path"
        <| fun () ->
            Script.inFolder (fun folder ->
                let references =
                    [ "SkiaSharp"; "Vantage.Kernels"; "Vantage" ]
                    |> List.map (fun name -> $"#r @\"{Path.Combine (AppContext.BaseDirectory, name)}.dll\"")
                let lines =
                    references
                    @ [
                        "open Vantage"
                        "let image = Picture.ofBytes 1 2 2 [| 0uy; 85uy; 170uy; 255uy |]"
                        "Html.grid 8 [ \"view\" ] [ { Label = \"one\"; Tiles = [ image ] } ] |> Notebook.show \"views\""
                    ]
                let file = Path.Combine (folder, "show.fsx")
                File.WriteAllLines (file, lines)
                let ended = Script.run (TimeSpan.FromMinutes 2.0) folder [] file
                Expect.equal ended.Code (Some 0) (Script.tail 20 ended.Text)
                let page = Path.Combine (folder, "artifacts", "notebook", "views.html")
                Expect.stringContains
                    ended.Text
                    (Path.Combine ("artifacts", "notebook", "views.html"))
                    "the path"
                Expect.stringContains
                    (File.ReadAllText page)
                    "<img alt=\"\" src=\"data:image/png;base64,"
                    "the picture")

        testCase "in a notebook it calls Kernel.display with HTML"
        <| fun () ->
            Notebook.display typeof<StandIn> "<b>"
            Expect.equal StandIn.Shown "html:<b> as text/html" "MIME types as an array"
            Notebook.display typeof<EarlyStandIn> "<b>"
            Expect.equal EarlyStandIn.Shown "html:<b> as text/html" "one MIME type"
            Expect.throwsT<MissingMethodException> (fun () -> Notebook.display typeof<string> "<b>") "neither"

        testCase "these tests run in no notebook"
        <| fun () -> Expect.isNone (Notebook.kernel (AppDomain.CurrentDomain.GetAssemblies ())) "no kernel"

        testCase "a name that is no file's name is an error"
        <| fun () ->
            for name in [ ""; "a/b" ] do
                Expect.throwsT<ArgumentException> (fun () -> Notebook.write "." name "" |> ignore) name
    ]

let private checker =
    testList "the checks see what is wrong" [
        testCase "outputs, kernel and source"
        <| fun () ->
            let clean = read (json ".net-fsharp" "[]" [ "#!fsharp\n"; "let x = 1\n" ])
            Expect.equal
                (clean.Kernel, clean.Ran, clean.Code)
                (".net-fsharp", [], [ "#!fsharp\nlet x = 1\n" ])
                "clean"
            Expect.equal (read (json ".net-csharp" "[{}]" [ "" ])).Ran [ 0 ] "an output is seen"
            Expect.isFalse ((script "F" clean.Code).Contains "#!") "magics go"

        testCase "paths of a machine"
        <| fun () ->
            for path in [ "#r \"/home/me/a.dll\""; "/tmp/x"; "@\"C:\\data\""; "cd ~/data" ] do
                Expect.isTrue (machinePath.IsMatch path) path
            for text in [ "#load \"../Recipes/prelude.fsx\""; "let x = a / b"; "// 1/usr"; "images/train" ] do
                Expect.isFalse (machinePath.IsMatch text) text

        testCase "a cell that fails, a cell that never ends, and a relative reference that is found"
        <| fun () ->
            Script.inFolder (fun folder ->
                File.WriteAllText (Path.Combine (folder, "part.fsx"), "let part = 41")
                let quick = TimeSpan.FromMinutes 2.0
                let good = [
                    "#!fsharp\n#load \"part.fsx\""
                    "printfn \"%d %s\" (Part.part + 1) (System.Environment.GetEnvironmentVariable \"VANTAGE_QUICK\")"
                ]
                let ended = runCells quick folder good
                Expect.equal (ended.Code, ended.Text.Trim ()) (Some 0, "42 1") "runs"
                let failed = runCells quick folder [ "let x = 1"; "if x = 1 then failwith \"broken cell\"" ]
                Expect.equal failed.Code (Some 1) "fails"
                Expect.stringContains failed.Text "broken cell" "and says why"
                let endless =
                    runCells (TimeSpan.FromSeconds 4.0) folder [ "System.Threading.Thread.Sleep 60000" ]
                Expect.equal endless.Code None "is stopped")
    ]

[<Tests>]
let tests =
    testList "Notebook" [
        testCase "there are notebooks"
        <| fun () -> Expect.isNonEmpty notebooks "Notebooks/ holds no .ipynb"
        testSequenced (testList "Notebooks" (notebooks |> List.map cases))
        showing
        checker
    ]
