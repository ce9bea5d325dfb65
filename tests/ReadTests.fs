module Vantage.Tests.ReadTests

open Expecto
open Vantage

let private refused part text =
    try
        Read.recipe text |> ignore
        failtest $"nothing was refused; expected: {part}"
    with RecipeTextException why ->
        Expect.stringContains why part "reason"

let private printed = Print.recipe Generators.small

/// Printed recipes as values again.
[<Tests>]
let tests =
    testList "Read" [
        test "a printed recipe reads back equal" {
            for recipe in PrintTests.everyRecipe do
                Expect.equal (Read.recipe (Print.recipe recipe)) recipe recipe.Name
        }
        testPropertyWithConfig
            Generators.trees
            "a printed augmentation reads back equal"
            (fun (tree: Augmentation) ->
                let recipe = { Generators.small with Views = [ View.Global tree; View.Local tree ] }
                Expect.equal (Read.recipe (Print.recipe recipe)) recipe "recipe")
        test "numbers read back to the last bit" {
            for x in [ 0.1; 1e-300; 1.7976931348623157e308; -0.0; 5e-324; -12.5; 1e22 ] do
                let recipe = {
                    Generators.small with
                        Optimizer = { Generators.small.Optimizer with Decay = x }
                }
                let found = (Read.recipe (Print.recipe recipe)).Optimizer.Decay
                Expect.equal
                    (System.BitConverter.DoubleToInt64Bits found)
                    (System.BitConverter.DoubleToInt64Bits x)
                    $"{x}"
        }
        test "a text of another version, or none at all, is refused by name" {
            refused
                "Objective.NtXend is no case of Objective"
                (printed.Replace ("Objective.NtXent", "Objective.NtXend"))
            refused "Recipe lacks Seed" (printed.Replace ("Seed = 5UL", ""))
            refused "no field Seeds" (printed.Replace ("Seed = ", "Seeds = "))
            refused "'x' follows the recipe" (printed + " x")
            refused "the end stands where" (printed.Substring (0, printed.Length - 3))
            refused "has no end" (printed.Replace ("\"patterns\"", "\"patterns"))
            refused "'1e999' is no" (printed.Replace ("Batch = 8", "Batch = 1e999"))
            refused
                "'System.IO.File.Delete' stands where"
                (printed.Replace ("Batch = 8", "Batch = System.IO.File.Delete"))
            refused "the end stands where" ""
        }
    ]
