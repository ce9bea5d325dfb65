/// The kernels' own tests again in processes whose runtime lacks an instruction set. On .NET 10 the switch for AVX-512 is
/// DOTNET_EnableAVX512; the child asserts that it took effect (KernelTests, first test), or nothing would have been compared.
module Vantage.Tests.TierTests

open System
open System.Diagnostics
open System.Reflection
open Expecto
open Vantage.Kernels

let private without (switch: string) (engines: string list) =
    testCase $"the kernels' tests under {switch}=0" (fun () ->
        let dotnet = nonNull Environment.ProcessPath
        let start = ProcessStartInfo (dotnet, RedirectStandardOutput = true, RedirectStandardError = true)
        for argument in
            [
                Assembly.GetExecutingAssembly().Location
                "--filter-test-list"
                "Kernels"
                "--no-spinner"
                "--colours"
                "0"
            ] do
            start.ArgumentList.Add argument
        start.Environment[switch] <- "0"
        start.Environment[KernelTests.tiersExpected] <- String.Join (" ", engines)
        use child = nonNull (Process.Start start)
        let errors = child.StandardError.ReadToEndAsync ()
        let output = child.StandardOutput.ReadToEnd ()
        child.WaitForExit ()
        Expect.equal child.ExitCode 0 $"{output}\n{errors.Result}"
        Expect.isFalse (output.Contains " 0 tests run") "some tests ran")

[<Tests>]
let tests =
    let machine = ViewEngine.Tiers () |> Array.map _.Name |> List.ofArray
    testSequenced
    <| testList "Tiers off" [
        without "DOTNET_EnableAVX512" (machine |> List.except [ "simd-512" ])
        without "DOTNET_EnableAVX2" [ "simd-scalar" ]
        without "DOTNET_EnableHWIntrinsic" [ "simd-scalar" ]
    ]
