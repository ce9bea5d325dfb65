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

    /// Every variant with exactly one mechanism left out; a recipe of n mechanisms has n.
    let ablations recipe =
        recipe.Avoid
        |> List.mapi (fun i out -> {
            recipe with
                Name = $"{recipe.Name} - %A{out}"
                Avoid = List.removeAt i recipe.Avoid
        })
