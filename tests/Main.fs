module Vantage.Tests.Main

open Expecto
open Expecto.Impl

// The counts on a line of their own, for `./research test` to read.
let private counted = {
    TestPrinters.defaultPrinter with
        summary =
            fun config summary -> async {
                do! TestPrinters.defaultPrinter.summary config summary
                let failed = summary.failed.Length + summary.errored.Length
                printfn $"TOTAL {summary.passed.Length} {failed} {summary.ignored.Length}"
            }
}

[<EntryPoint>]
let main arguments =
    Vantage.Kernels.Interop.NativeLibraries.Load ()
    TorchSharp.torch.set_num_threads 2
    match Array.toList arguments with
    | [ "--errors" ] ->
        Errors.print ()
        0
    | "--drill" :: options -> Drill.main options
    | [ "--drill-child"; folder ] ->
        Drill.child folder
        0
    | _ ->
        // One after the other: libtorch uses all cores for one test as it is, and a garbage collection that one test asks for cannot
        // fall into another's native call (Scope.settle says what it could release there).
        runTestsInAssemblyWithCLIArgs
            [
                CLIArguments.Printer counted
                CLIArguments.Colours 0
                CLIArguments.No_Spinner
                CLIArguments.Sequenced
            ]
            arguments
