module Vantage.Tests.Main

open Expecto

[<EntryPoint>]
let main arguments =
    Vantage.Kernels.Interop.NativeLibraries.Load ()
    runTestsInAssemblyWithCLIArgs [] arguments
