module Vantage.Tests.PageTests


open System.Xml.Linq
open Expecto
open Vantage

let private graphs =
    Strategies.all
    |> List.map (fun (name, recipe) -> name, recipe, Graph.ofRecipe recipe)

let private script = [|
    "// Name: what it is."
    "// Source     A paper"
    "//            with a second line"
    "// Published  a figure"
    "// Command    a command"
    "#load \"prelude.fsx\""
|]

let private results = [|
    "## One table"
    "| recipe | k-NN |"
    "|---|---|"
    "| `other.fsx` | 1 |"
    "| `name.fsx` | 2 |"
    "| | 3 |"
    "| `third.fsx` | 4 |"
    "## Another"
    "By Recipes/name.fsx:"
    "| a | b |"
    "|---|---|"
    "| 5 | 6 |"
|]

/// The page of a method: its picture says what its network does, its text what its script and tables say.
[<Tests>]
let tests =
    testList "Page" [
        for name, recipe, graph in graphs do
            test $"{name}: every part is on a way to the objective, and no two stand in one place" {
                let keys = graph.Parts |> List.map _.Key
                Expect.equal (List.distinct keys) keys "keys"
                let places = graph.Parts |> List.map (fun p -> p.Column, p.Lane)
                Expect.equal (List.distinct places) places "places"
                let next key = graph.Ways |> List.choose (fun (a, b, _) -> if a = key then Some b else None)
                let rec leads key = key = "objective" || List.exists leads (next key)
                for key in keys do
                    Expect.isTrue (leads key) $"{key} leads to the objective"
                let follows =
                    graph.Ways
                    |> List.exists (function
                        | _, _, Way.Follows _ -> true
                        | _ -> false)
                Expect.equal follows (Mechanism.momentum recipe.Avoid).IsSome "weights follow"
                if List.contains Mechanism.StopGradient recipe.Avoid then
                    Expect.contains graph.Ways ("targets", "objective", Way.Stopped) "stopped"
            }
            test $"{name}: the picture is XML with all its words, and the formula has its numbers" {
                let picture = XDocument.Parse (Diagram.svg name graph)
                let words = picture.Descendants () |> Seq.map _.Value |> Set
                for line in graph.Parts |> List.collect _.Lines do
                    Expect.isTrue (words.Contains line) line
                let formula = Equation.lines recipe.Objective |> String.concat "\n"
                Expect.isTrue (formula.StartsWith "L = ") "a loss"
            }
        test "a page has the fields of its script and the rows of its tables" {
            let page = Page.markdown "name.fsx" script results Generators.small
            for part in [ "Name: what it is."; "A paper with a second line"; "a figure"; "`a command`" ] do
                Expect.stringContains page part part
            for row in [ "| `name.fsx` | 2 |"; "| | 3 |"; "| 5 | 6 |"; "One table:"; "Another:" ] do
                Expect.stringContains page row row
            for row in [ "`other.fsx`"; "`third.fsx`" ] do
                Expect.isFalse (page.Contains row) row
        }
        test "what a small configuration says of its fields is on its page" {
            let small = [|
                "let small = {"
                "    published with"
                "        Batch = 256 // two cores"
                "        Data = \"glyphs\""
                "        Objective = ntXent 0.5 // fewer images: 0.1 there"
                "}"
            |]
            let page = Page.markdown "name.fsx" (Array.append script small) [||] Generators.small
            for line in [ "- Batch: two cores"; "- Objective: fewer images: 0.1 there" ] do
                Expect.stringContains page line "a field"
            Expect.isFalse (page.Contains "- Data") "nothing is said of it"
        }
        test "a method without results says so" {
            let page = Page.markdown "none.fsx" script [||] Generators.small
            Expect.stringContains page "Not measured yet." "said"
        }
    ]
