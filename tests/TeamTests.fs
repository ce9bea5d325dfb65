module Vantage.Tests.TeamTests

open System
open System.Threading
open Expecto
open Vantage.Kernels.Interop

let private times count threads =
    let done' = Array.zeroCreate<int> count
    Team.For (count, threads, fun i -> Interlocked.Increment &done'[i] |> ignore)
    done'

[<Tests>]
let tests =
    testList "Team" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 200 }
            "every number once"
            (fun count threads ->
                let count, threads = abs count % 300, 1 + abs threads % 5
                Expect.allEqual (times count threads) 1 $"{count} numbers, {threads} threads")

        testCase "a team inside a team does all of its numbers"
        <| fun () ->
            let inner = Array.init 8 (fun _ -> [||])
            Team.For (8, 2, fun i -> inner[i] <- times 9 2)
            Expect.allEqual (Array.concat inner) 1 "each of 8 times 9"

        testCase "several callers at once"
        <| fun () ->
            let all = Array.Parallel.init 6 (fun _ -> times 500 2)
            Expect.allEqual (Array.concat all) 1 "each of 6 times 500"

        testCase "a failure is thrown again as it was, and the next loop runs"
        <| fun () ->
            let error =
                Expect.throwsC
                    (fun () ->
                        Team.For (
                            100,
                            2,
                            fun i ->
                                if i = 57 then
                                    invalidOp "the 57th"
                        ))
                    id
            Expect.equal
                (error.GetType (), error.Message)
                (typeof<InvalidOperationException>, "the 57th")
                "the same"
            Expect.allEqual (times 100 2) 1 "after it"
    ]
