module Vantage.Tests.FixedPointTests

open Expecto
open Vantage

[<Tests>]
let tests =
    testList "Fixed points" [
        test "dump" {
            let seen = System.Collections.Generic.HashSet<string>()
            for name, recipe in Strategies.all do
                for r in recipe :: Recipe.ablations recipe do
                    let kinds = r.Avoid |> List.map Mechanism.kind |> String.concat ","
                    if seen.Add $"{Print.objective r.Objective} {kinds}" then
                        let f =
                            Collapse.findings r.Objective r.Avoid
                            |> List.find (fun f -> f.Kind = CollapseKind.Complete)
                        let inLoss = f.Prevented |> List.exists _.InLoss
                        let n = CollapseNumbers.measure r.Objective r.Avoid
                        let still = CollapseNumbers.apartAfter 20 0.0 r.Objective r.Avoid
                        let moved = [
                            for s in [ 0; 20; 200 ] -> CollapseNumbers.apartAfter s 0.01 r.Objective r.Avoid
                        ]
                        printfn
                            "%-40s %-40s prevented=%b inLoss=%b grad=%.2e apart=%.2e still=%.2e moved=%A"
                            name
                            kinds
                            (not f.Prevented.IsEmpty)
                            inLoss
                            n.Gradient
                            n.Apart
                            still
                            moved
        }
    ]
