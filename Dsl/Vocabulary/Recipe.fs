namespace Vantage

/// Where a method is published.
type Source = { Paper: string; Where: string }

/// Everything that decides a run. Every field is written out in every recipe: there are no defaults to look up.
type Recipe = {
    Name: string
    Source: Source
    Data: string
    OnCorrupt: OnCorrupt
    Views: View list
    Encoder: Encoder
    Projector: Head
    Passes: Passes
    Avoid: Mechanism list
    Objective: Objective
    Optimizer: Optimizer
    Precision: Precision
    Batch: int
    Epochs: int<epoch>
    Seed: uint64
    Evaluate: Protocol list
}

/// Functions over recipes.
module Recipe =
    /// The augmentation of each view.
    let augmentations recipe =
        recipe.Views
        |> List.map (function
            | View.Global augmentation
            | View.Local augmentation -> augmentation)

    /// The augmentations of the views that are compared with all others.
    let globals recipe =
        recipe.Views
        |> List.choose (function
            | View.Global augmentation -> Some augmentation
            | View.Local _ -> None)

    /// The augmentations of the views that are compared with the global ones only.
    let locals recipe =
        recipe.Views
        |> List.choose (function
            | View.Local augmentation -> Some augmentation
            | View.Global _ -> None)

    /// Every variant with exactly one mechanism left out; a recipe of n mechanisms has n.
    let ablations recipe =
        recipe.Avoid
        |> List.mapi (fun i out -> {
            recipe with
                Name = $"{recipe.Name} - {Mechanism.kind out}"
                Avoid = List.removeAt i recipe.Avoid
        })
