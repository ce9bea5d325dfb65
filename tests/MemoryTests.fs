module Vantage.Tests.MemoryTests

open System
open System.IO
open System.Runtime.CompilerServices
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels.Torch

/// Counts when it is collected.
type private Dying(count: int ref) =
    override _.Finalize() = Threading.Interlocked.Increment count |> ignore

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private leave count kilobytes =
    let mutable length = 0
    for _ in 1..kilobytes do
        length <- length + (Array.zeroCreate<byte> 1024).Length
    Dying count |> ignore
    length

// The first of so many numbers.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private numbers count =
    let first = WeakReference (Numbers.Of 0.5)
    for _ in 2..count do
        Numbers.Of 0.5 |> ignore
    first

/// The heap of the process and what .NET leaves in it.
[<Tests>]
let tests =
    testSequenced
    <| testList "Memory" [
        test "what died is collected between steps once a MiB has been allocated, and not before" {
            let dead, late = ref 0, ref 0
            Expect.equal (leave dead 2048) (2048 * 1024) "allocated"
            Scope.settle ()
            Expect.equal dead.Value 1 "its finalizer has run"
            leave late 1 |> ignore
            Scope.settle ()
            Expect.equal late.Value 0 "a KiB starts no collection"
        }
        test "a number outlives collections until its thread has made 64 more" {
            let collect () =
                GC.Collect ()
                GC.WaitForPendingFinalizers ()
                GC.Collect ()
            let number = numbers 1
            collect ()
            Expect.isTrue number.IsAlive "a call may still read it"
            numbers 63 |> ignore
            collect ()
            Expect.isTrue number.IsAlive "63 more"
            numbers 1 |> ignore
            collect ()
            Expect.isFalse number.IsAlive "64 more"
        }
        test "the native heap asks for large pages" {
            if File.Exists "/sys/kernel/mm/transparent_hugepage/enabled" then
                use _ = torch.zeros 1L
                let asks =
                    File.ReadLines "/proc/self/smaps"
                    |> Seq.filter _.StartsWith("VmFlags:")
                    |> Seq.exists (fun line -> line.Split ' ' |> Array.contains "hg")
                Expect.isTrue asks "a mapping advised so"
            else
                skiptest "a system without large pages"
        }
    ]
