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

    /// Images that are compared with one another: a batch, or a piece of it that gradients are accumulated over.
    let compared recipe = recipe.Batch / max 1 (Rule.pieces recipe.Optimizer.Rule)

    /// Images that are in the network at once, with what a backward pass needs.
    let inNetwork recipe = compared recipe / max 1 (Passes.pieces recipe.Passes)

    /// Whether the loss of a batch is a mean over its images, each compared with itself and with what is remembered: then the gradient of a batch is the mean of those of its pieces.
    let isMeanOverImages recipe =
        let between =
            function
            | Mechanism.Repel Negatives.InBatch
            | Mechanism.Decorrelate
            | Mechanism.KeepVariance
            | Mechanism.MatchPrior
            | Mechanism.KeepApart _
            | Mechanism.MeanEntropy _
            | Mechanism.Balance _
            | Mechanism.BalanceOver _
            | Mechanism.Whiten _ -> true
            | Mechanism.Repel (Negatives.Bank (noise, _) | Negatives.BankSum (noise, _)) -> noise > 0
            | _ -> false
        match Objective.inner recipe.Objective with
        | Objective.Regression
        | Objective.NegativeCosine
        | Objective.InfoNce _
        | Objective.SwapCodes _
        | Objective.SelfDistill _
        | Objective.Classify _ -> not (List.exists between recipe.Avoid)
        | _ -> false

    /// Whether the objective asks no more of the network than an embedding of each view, so that gradients can be cached.
    let comparesViews recipe =
        match Objective.inner recipe.Objective with
        | Objective.PredictAhead _
        | Objective.Restore _
        | Objective.RestoreNoised _
        | Objective.LocalGlobal _
        | Objective.BiGan _
        | Objective.Classify _ -> false
        | other -> (Objective.hidden other).IsNone

    /// Every variant with exactly one mechanism left out; a recipe of n mechanisms has n.
    let ablations recipe =
        recipe.Avoid
        |> List.mapi (fun i out -> {
            recipe with
                Name = $"{recipe.Name} - {Mechanism.kind out}"
                Avoid = List.removeAt i recipe.Avoid
        })
