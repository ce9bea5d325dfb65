module Vantage.Tests.RecipeTests

open System
open System.IO
open Expecto

let private recipes = Path.Combine (Script.root, "Recipes")

let private scripts =
    Directory.GetFiles (recipes, "*.fsx")
    |> Array.filter (fun file -> Path.GetFileName file <> "prelude.fsx")
    |> Array.sort
    |> Array.toList

let private nameOf (file: string) = nonNull (Path.GetFileNameWithoutExtension file)

// A recipe that no paper has a configuration of can only be run as it is.
let private hasPublished (file: string) = (File.ReadAllText file).Contains "\nruns published small"

// One session of F# for many scripts, which saves its start and what they load for each: a script that loads them all, in a folder with copies of their texts and tables, for pages
// are made of these too.
let private session (files: string list) (options: string list) =
    let folder = Directory.CreateTempSubdirectory "vantage-"
    try
        for file in Path.Combine (recipes, "README.md") :: files do
            File.Copy (file, Path.Combine (folder.FullName, nonNull (Path.GetFileName file)))
        let all = Path.Combine (folder.FullName, "every-recipe-there-is.fsx")
        File.WriteAllLines (all, files |> List.map (fun file -> $"#load @\"{file}\""))
        let ended = Script.runWith (TimeSpan.FromMinutes 20.0) folder.FullName [] all options
        let pages =
            Directory.GetFiles folder.FullName
            |> Array.map (fun made -> nonNull (Path.GetFileName made), File.ReadAllText made)
            |> Map
        ended, pages
    finally
        folder.Delete true

// Enough images for every protocol and batch, few enough to be made at once.
let private few = [ "--data"; "glyphs:600:200" ]

let private small = lazy (session scripts ([ "--explain"; "--page"; "." ] @ few))

let private verified = lazy (session scripts ("--verify" :: few))

// Recipes that go on from other runs need those: TrainTests has them on runs of its own.
let private alone =
    scripts
    |> List.filter (fun file -> not ((File.ReadAllText file).Contains "startingFrom"))

let private stepped =
    lazy (session alone [ "--steps"; "10"; "--data"; "glyphs:1280:200"; "--batch"; "128" ])

// The numbers of a recipe's steps: step, loss, accuracy, entropy, spread, rank, alignment.
let private stepsOf (name: string) (text: string) =
    text.Split '\n'
    |> Array.skipWhile (fun line -> not (line.StartsWith $"{name}: step"))
    |> Array.skip 1
    |> Array.takeWhile _.StartsWith("  ")
    |> Array.map (fun line ->
        line.Split (' ', StringSplitOptions.RemoveEmptyEntries)
        |> Array.map (fun x -> Double.Parse (x, Globalization.CultureInfo.InvariantCulture)))

// What a recipe remembers of past steps starts at random and is easy to tell images from; the loss rises while real rows take its place. The small recipe's mechanisms are the
// last ones named.
let private remembers (file: string) =
    let text = File.ReadAllText file
    let own = text.Substring (max 0 (text.LastIndexOf "Avoid ="))
    [ "queue "; "bank "; "bankNoise " ] |> List.exists own.Contains

let private published = lazy (session (List.filter hasPublished scripts) [ "--published"; "--explain" ])

let private shows (name: string) (ended: Script.Ended) =
    Expect.equal ended.Code (Some 0) (Script.tail 20 ended.Text)
    Expect.stringContains ("\n" + ended.Text) $"\n{name}: " "explained"

/// Every script of Recipes/: what it says of itself, and what it says that its paper did.
[<Tests>]
let tests =
    testSequenced
    <| testList "Recipes" [
        for file in scripts do
            let name = nameOf file
            test $"{name}: explain, which checks first, and the page as it stands in Recipes/pages" {
                let ended, pages = small.Value
                shows name ended
                Expect.isLessThanOrEqual (File.ReadAllLines file).Length 60 "lines of a recipe"
                for kind in [ ".md"; ".svg" ] do
                    let committed = File.ReadAllText (Path.Combine (recipes, "pages", name + kind))
                    Expect.equal
                        committed
                        pages[name + kind]
                        "./research recipes --pages writes the pages anew"
            }
            if hasPublished file then
                test $"{name}: the published configuration has no errors and explains itself" {
                    shows name (fst published.Value)
                }
            test $"{name}: its views, its objective and a step keep the laws" {
                let ended, _ = verified.Value
                Expect.equal ended.Code (Some 0) (Script.tail 20 ended.Text)
                Expect.stringContains ended.Text $"{name} under the laws" "verified"
            }
        for file in alone do
            let name = nameOf file
            test
                $"{name}: ten steps lower the loss, or bring the views of an image closer, and nothing collapses" {
                let ended, _ = stepped.Value
                Expect.equal ended.Code (Some 0) (Script.tail 20 ended.Text)
                let steps = stepsOf name ended.Text
                Expect.equal steps.Length 10 "steps"
                Expect.all steps (Array.forall Double.IsFinite) "finite"
                let ends field =
                    let mean rows = rows |> Array.averageBy (fun (row: float array) -> row[field])
                    mean steps[..2], mean steps[7..]
                let (first, last), (far, near) = ends 1, ends 6
                if remembers file then
                    Expect.isGreaterThan (abs (last - first)) 0.1 "the loss moves"
                else
                    Expect.isTrue
                        (last < first || near < far)
                        $"loss {first} to {last}, distance of views {far} to {near}"
                Expect.isGreaterThan (snd (ends 4)) 0.1 "the embeddings differ"
            }
        test "every recipe has a published configuration, but one that no paper has any of" {
            Expect.equal (scripts |> List.filter (hasPublished >> not) |> List.map nameOf) [ "imax" ] "none"
        }
        test "a recipe without a published configuration says so" {
            let ended =
                Script.runWith (TimeSpan.FromMinutes 5.0) recipes [] (Path.Combine (recipes, "imax.fsx")) [
                    "--published"
                    "--check"
                ]
            Expect.equal ended.Code (Some 1) "an error"
            Expect.stringContains ended.Text "imax has no published configuration" "named"
        }
    ]
