namespace Vantage

open System
open System.IO
open System.Text.RegularExpressions

/// A method's page, made from its recipe and its script: what it is, its picture, its formula, what keeps it from collapsing, what it reaches.
module Page =
    // Fields of the comment that opens a script: "// Source     Chen et al. ...", further lines indented under it.
    let private fields (script: string array) =
        let comments =
            script
            |> Array.takeWhile _.StartsWith("//")
            |> Array.map (fun l -> l.Substring 2)
        let folder (found: (string * string) list) (line: string) =
            match found with
            | (name, text) :: rest when line.StartsWith "            " ->
                (name, text + " " + line.Trim ()) :: rest
            | _ ->
                let text = line.Trim ()
                match text.IndexOf ' ' with
                | at when
                    at > 0
                    && not (text.Substring(0, at).EndsWith ':')
                    && line.Length > 12
                    && line[11] = ' '
                    ->
                    (text.Substring (0, at), text.Substring(at).Trim()) :: found
                | _ -> ("", text) :: found
        comments |> Array.fold folder [] |> List.rev

    // What the fields of the small configuration say of how they differ: "Batch = 256 // two cores", between "published with" and its bracket.
    let private differs (script: string array) = [
        let mutable inside = false
        for line in script do
            if line.Contains "published with" then
                inside <- true
            elif line.StartsWith '}' then
                inside <- false
            elif inside then
                let found = Regex.Match (line, @"^ +([A-Z]\w+) = .*// (.+)$")
                if found.Success then
                    $"{found.Groups[1].Value}: {found.Groups[2].Value}"
    ]

    // The rows that a table of results has of a script, each table with its heading.
    let private measured (script: string) (results: string array) = [
        let mutable heading, header = "", []
        let mutable whole, own, showing = false, false, false
        for line in results do
            if line.StartsWith "## " then
                heading <- line.Substring 3
                header <- []
                whole <- false
                showing <- false
            elif not (line.StartsWith '|') then
                whole <- whole || line.Contains $"Recipes/{script}"
                header <- []
            elif header.Length < 2 then
                header <- header @ [ line ]
                own <- false
            else
                let first = line.Split('|').[1].Trim()
                own <- line.Contains $"`{script}`" || (own && first = "")
                if whole || own then
                    if not showing then
                        yield! [ ""; $"{heading}:"; "" ] @ header
                        showing <- true
                    line
    ]

    /// The page as Markdown. `results` are the lines of the tables of results.
    let markdown (script: string) (text: string array) (results: string array) (recipe: Recipe) =
        let fields, changed = fields text, differs text
        let field name = fields |> List.filter (fun (n, _) -> n = name) |> List.map snd
        let file = nonNull (Path.GetFileName script)
        let section title lines = if List.isEmpty lines then [] else [ ""; $"## {title}"; "" ] @ lines
        let code lines = "```" :: lines @ [ "```" ]
        String.concat "\n" [
            $"# {recipe.Name}"
            ""
            yield! field ""
            ""
            $"![{recipe.Name}]({recipe.Name}.svg)"
            yield! section "Source" (field "Source")
            yield! section "Loss" (code (Equation.lines recipe.Objective))
            yield! section "What keeps it from collapsing" (code (Explain.collapse recipe))
            yield! section "Published" (field "Published")
            yield!
                section "Here" [
                    yield! field "Differs" |> List.map (sprintf "Differs: %s")
                    if not changed.IsEmpty then
                        "The fields that differ from the published configuration, which `--published` runs:"
                        ""
                        yield! changed |> List.map (sprintf "- %s")
                    match measured file results with
                    | [] ->
                        ""
                        "Not measured yet."
                    | rows -> yield! rows
                    ""
                    yield! field "Command" |> List.map (sprintf "`%s`")
                ]
            ""
        ]

    /// Writes the page and its picture into a folder, as NAME.md and NAME.svg.
    let save (script: string) (folder: string) (recipe: Recipe) =
        let lines (path: string) = if File.Exists path then File.ReadAllLines path else [||]
        let beside = nonNull (Path.GetDirectoryName (Path.GetFullPath script))
        let page = markdown script (lines script) (lines (Path.Combine (beside, "README.md"))) recipe
        Directory.CreateDirectory folder |> ignore
        File.WriteAllText (Path.Combine (folder, recipe.Name + ".md"), page)
        File.WriteAllText (
            Path.Combine (folder, recipe.Name + ".svg"),
            Diagram.svg recipe.Name (Graph.ofRecipe recipe)
        )

    /// The page for a terminal: the picture in words.
    let text (script: string) (recipe: Recipe) =
        let lines (path: string) = if File.Exists path then File.ReadAllLines path else [||]
        let beside = nonNull (Path.GetDirectoryName (Path.GetFullPath script))
        let page = markdown script (lines script) (lines (Path.Combine (beside, "README.md"))) recipe
        let picture =
            Graph.describe (Graph.ofRecipe recipe)
            |> List.map (sprintf "  %s")
            |> String.concat "\n"
        page.Replace ($"![{recipe.Name}]({recipe.Name}.svg)", picture)
