namespace Vantage

open Vantage.Kernels

/// Property-based verification: the laws of design sections 3 and 5 on a user's own augmentations, objectives and recipes, with shrunk counterexamples.
module Verify =
    /// Runs every law on a tree under an engine, `trials` times each, on images of odd sizes.
    let augmentationOn engine trials channels tree = VerifyViews.augmentationOn engine trials channels tree

    /// Runs every law on a tree under the fastest engine, 100 times each, on colour images of odd sizes.
    let augmentation tree = augmentationOn (ViewEngine.Best ()) 100 3 tree

    /// Runs every law on trees of a generator: for testing an engine, or a way of lowering trees of one's own.
    let engine engine lower trials channels trees = VerifyViews.engine engine lower trials channels trees

    /// Runs every law of an objective under these mechanisms, 50 times each.
    let objective objective avoid = VerifyObjective.run 50 (Subjects.ofRecipe objective avoid)

    /// Runs every law of an objective of one's own, `trials` times each: a function of two views' embeddings, N x d, to a scalar, and what it claims of itself.
    let loss
        name
        claims
        trials
        (loss: TorchSharp.torch.Tensor -> TorchSharp.torch.Tensor -> TorchSharp.torch.Tensor)
        =
        VerifyObjective.run trials {
            Name = name
            LeastPairs = 2
            Claims = claims
            // The first view against the second's target, so that a target that should get no gradient is one of its own.
            Loss = fun predictions targets -> loss predictions.Head (List.last targets)
        }

    let private ofRecipe views objective steps (shape: ImageShape) (recipe: Recipe) =
        let rendered =
            Recipe.augmentations recipe
            |> List.distinct
            |> List.collect (VerifyViews.augmentationOn (ViewEngine.Best ()) views shape.Channels)
        rendered
        @ VerifyObjective.run objective (Subjects.ofRecipe recipe.Objective recipe.Avoid)
        @ VerifyRecipe.run steps shape recipe

    /// Runs the laws of a recipe on images of this shape: those of each of its views, of its objective under its mechanisms, and of its networks and a step.
    let recipe shape recipe = ofRecipe 20 20 3 shape recipe

    /// The same with few trials of each law: for tests that run often.
    let briefly shape recipe = ofRecipe 1 2 1 shape recipe

    /// Verdicts in words, a line for each law.
    let report verdicts =
        verdicts
        |> List.map (fun v ->
            match v.Counterexample with
            | None -> $"holds  {v.Law} ({v.Trials} trials)"
            | Some text -> $"BROKEN {v.Law}: {text}")
        |> String.concat "\n"
