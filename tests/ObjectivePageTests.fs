/// The page of objectives, and what all kernels share: it names every case and every kernel; nothing that lives grows.
module Vantage.Tests.ObjectivePageTests

open System
open System.IO
open System.Reflection
open Expecto
open FSharp.Reflection
open TorchSharp
open Vantage
open Vantage.Kernels

let private fields = [ "names"; "formula"; "shapes"; "temperature"; "source"; "built" ]

// Title, and the text of each field.
let private sections =
    lazy
        ((File.ReadAllText (Path.Combine (Script.root, "Kernels", "objectives.md"))).Split "\n## "
         |> Array.skip 1
         |> Array.map (fun section ->
             let lines = section.Split '\n'
             let field (name: string) =
                 lines
                 |> Array.tryFind _.StartsWith($"- **{name}**: ")
                 |> Option.map (fun line -> line.Substring(name.Length + 8).Trim())
             lines[0], fields |> List.map (fun name -> name, field name) |> Map))

let private names = lazy (sections.Value |> Array.map (fun (_, fields) -> Option.get fields["names"]))

let private cases<'union> () =
    FSharpType.GetUnionCases typeof<'union>
    |> Array.map (fun case -> $"`{typeof<'union>.Name}.{case.Name}`")

let private kernels () =
    typeof<Torch.InfoNce>.Assembly.GetExportedTypes()
    |> Array.filter (fun t ->
        t.Namespace = "Vantage.Kernels.Torch"
        && t.GetMethods (BindingFlags.Public ||| BindingFlags.Static)
           |> Array.exists (fun m -> m.Name = "Loss"))
    |> Array.map (fun t -> $"`Torch.{t.Name}`")

[<Tests>]
let tests =
    testList "Page of objectives" [
        test "every section has all its fields" {
            Expect.isGreaterThan sections.Value.Length 20 "sections"
            for title, found in sections.Value do
                for name in fields do
                    match found[name] with
                    | Some text -> Expect.isGreaterThan text.Length 4 $"{title}: {name}"
                    | None -> failtest $"{title} has no field {name}"
        }
        test "every objective, every term and every kernel with a loss has its section" {
            let wanted = Array.concat [ cases<Objective>(); cases<Unlabelled>(); kernels () ]
            Expect.isGreaterThan wanted.Length 45 "names"
            for name in wanted do
                Expect.isTrue (names.Value |> Array.exists _.Contains(name)) name
        }
        test "the page names nothing that there is not" {
            let there = Set [ yield! cases<Objective>(); yield! cases<Unlabelled>() ]
            for text in names.Value do
                for word in text.Split '`' do
                    if word.StartsWith "Objective." || word.StartsWith "Unlabelled." then
                        Expect.isTrue (there.Contains $"`{word}`") word
                    if word.StartsWith "Torch." then
                        Expect.isFalse
                            (isNull (typeof<Torch.InfoNce>.Assembly.GetType($"Vantage.Kernels.{word}") |> box))
                            word
        }
        test "live tensors stay as many over 1,000 steps of all objectives in turn" {
            let all = Objectives.all @ StatisticObjectives.all |> List.toArray
            let c: Objectives.Case = { N = 4; D = 3; T = 0.5; Seed = 2UL }
            let given = all |> Array.map (Objectives.inputs c)
            let step i =
                let k = i % all.Length
                Objectives.kernel true 0 c given[k] all[k] |> ignore
            let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            for i in 0 .. all.Length - 1 do
                step i
            let before = live ()
            for i in 0..999 do
                step i
            Expect.equal (live ()) before "live tensors"
        }
    ]
