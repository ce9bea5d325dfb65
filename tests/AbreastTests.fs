module Vantage.Tests.AbreastTests

open System
open System.Threading
open Expecto
open Vantage

/// Runs at once, each on cores of its own.
[<Tests>]
let tests =
    testList "Abreast" [
        test "lists of cores as Linux writes them" {
            for text, expected in [ "0-3", [ 0..3 ]; "5", [ 5 ]; "0-1,4,6-7", [ 0; 1; 4; 6; 7 ] ] do
                Expect.equal (Abreast.cores text) expected text
        }
        test "every core has one run, and no run has none" {
            Expect.equal (Abreast.shares 2 [ 0; 1; 4; 5; 6 ]) [ [ 0; 1; 4 ]; [ 5; 6 ] ] "two"
            for count in [ 0; 3 ] do
                Expect.throwsC (fun () -> Abreast.shares count [ 0; 1 ] |> ignore) (fun e ->
                    Expect.stringContains e.Message "Ask for 1 to 2" "says what can be had")
        }
        test "a run that measures for others goes alone among them, and all tasks are done once" {
            if OperatingSystem.IsLinux () && Environment.ProcessorCount > 1 then
                let known, busy, ended =
                    Collections.Generic.HashSet<string>(), ref 0, Collections.Generic.List<string * int>()
                let most = ref 0
                let tasks = [
                    for n in 1..3 do
                        for key in [ "a"; "b" ] do
                            key, n
                ]
                // a's first task takes long: its others must wait, and b's must not.
                let work (cores: int list) (key, n) =
                    Expect.isNonEmpty cores "cores of its own"
                    let first = lock known (fun () -> not (known.Contains key))
                    if first then
                        Expect.equal n 1 "the first of its key"
                    let now = Interlocked.Increment busy
                    lock most (fun () -> most.Value <- max most.Value now)
                    Thread.Sleep (if (key, n) = ("a", 1) then 200 else 10)
                    Interlocked.Decrement busy |> ignore
                    lock known (fun () ->
                        known.Add key |> ignore
                        ended.Add (key, n))
                Abreast.each 2 fst (fun (key, _) -> lock known (fun () -> known.Contains key)) work tasks
                Expect.equal (List.sort (List.ofSeq ended)) (List.sort tasks) "all, once"
                Expect.equal most.Value 2 "two at once"
                Expect.isLessThan (ended.IndexOf (("b", 3))) (ended.IndexOf (("a", 2))) "b did not wait"
            else
                skiptest "one core, or not Linux"
        }
        test "a task that fails ends the others before they start, and its error is told" {
            let started = ResizeArray<int>()
            let work _ n =
                started.Add n
                if n = 2 then
                    raise (UserException "the second")
            Expect.throwsC (fun () -> Abreast.each 1 string (fun _ -> true) work [ 1; 2; 3 ]) (fun e ->
                Expect.equal e.Message "the second" "its own")
            Expect.equal (List.ofSeq started) [ 1; 2 ] "the third never starts"
        }
        test "of several tasks that fail at once each error is told" {
            if OperatingSystem.IsLinux () && Environment.ProcessorCount > 1 then
                use both = new Barrier (2)
                let work _ n =
                    both.SignalAndWait ()
                    raise (UserException $"task {n}")
                Expect.throwsC (fun () -> Abreast.each 2 string (fun _ -> true) work [ 1; 2 ]) (fun e ->
                    for n in 1..2 do
                        Expect.stringContains e.Message $"task {n}" "both")
            else
                skiptest "one core, or not Linux"
        }
        test "with cores it is started on them" {
            let start = Abreast.start [ 1; 3 ] "dotnet" [ "fsi" ]
            Expect.equal start.FileName "taskset" "taskset"
            Expect.equal (List.ofSeq start.ArgumentList) [ "-c"; "1,3"; "dotnet"; "fsi" ] "arguments"
            Expect.equal (Abreast.start [] "dotnet" [ "fsi" ]).FileName "dotnet" "without"
        }
    ]
