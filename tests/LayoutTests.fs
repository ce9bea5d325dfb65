module Vantage.Tests.LayoutTests

open System
open System.IO
open System.Text.RegularExpressions
open Expecto

let private files pattern =
    [ "Kernels"; "Dsl"; "Recipes"; "Notebooks"; "tests"; "bench" ]
    |> List.collect (fun folder ->
        let path = Path.Combine (Script.root, folder)
        if Directory.Exists path then
            Directory.GetFiles (path, pattern, SearchOption.AllDirectories) |> Array.toList
        else
            [])
    |> List.filter (fun f -> not (f.Contains "/obj/" || f.Contains "/bin/" || f.Contains "/artifacts/"))

/// The house: which way dependencies point, how long files are, what must not be written.
[<Tests>]
let tests =
    testList "Layout" [
        test "the vocabulary and the plan are pure" {
            let pure' =
                files "*.fs"
                |> List.filter (fun f -> f.Contains "/Dsl/Vocabulary/" || f.Contains "/Dsl/Plan/")
            Expect.isGreaterThan pure'.Length 8 "files"
            for file in pure' do
                let text = File.ReadAllText file
                Expect.isFalse
                    (Regex.IsMatch (
                        text,
                        @"(?m)^\s*open .*(TorchSharp|Vantage\.Kernels)|TorchSharp\.\w|Vantage\.Kernels\.\w"
                    ))
                    file
        }
        test "kernels know nothing of F#" {
            for file in files "*.cs" do
                Expect.isFalse ((File.ReadAllText file).Contains "FSharp") file
        }
        test "Reference, Simd and Torch have every operation" {
            for folder in [ "Reference"; "Simd"; "Torch/Views" ] do
                let names =
                    Directory.GetFiles (Path.Combine (Script.root, "Kernels", folder), "*.cs")
                    |> Array.map Path.GetFileNameWithoutExtension
                    |> Set
                for operation in System.Enum.GetNames<Vantage.Kernels.Operation>() do
                    if operation <> "None" && operation <> "Tile" then
                        Expect.isTrue (names.Contains operation) $"{folder}/{operation}"
        }
        test "no source file is longer than 300 lines" {
            for file in files "*.fs" @ files "*.cs" @ files "*.fsx" do
                let lines = (File.ReadAllLines file).Length
                Expect.isLessThanOrEqual lines 300 $"{file}: {lines} lines"
        }
        test "nothing is left to do, and no machine's path is written" {
            let words = [ "TO" + "DO"; "FIX" + "ME"; "Not" + "Implemented"; "/ro" + "ot/"; "/wo" + "rk/" ]
            for file in files "*.fs" @ files "*.cs" @ files "*.fsx" @ files "*.ipynb" do
                let text = File.ReadAllText file
                for word in words do
                    Expect.isFalse (text.Contains (word, StringComparison.Ordinal)) $"{file}: {word}"
        }
    ]
