namespace Vantage

/// Functions over heads.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Head =
    /// The width of what it gives: that of its last dense layer, if it has one.
    let width (Head layers) =
        layers
        |> List.rev
        |> List.tryPick (function
            | Layer.Linear (width, _) -> Some width
            | _ -> None)

/// Functions over lists of mechanisms.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Mechanism =
    /// Where negatives come from.
    let negatives avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Repel negatives -> Some negatives
            | _ -> None)

    /// The head on the predicting side and its rate.
    let predictor avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Predict (layers, rate) -> Some (layers, rate)
            | _ -> None)

    /// The momentum of the target network.
    let momentum avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.MomentumTarget momentum -> Some momentum
            | _ -> None)

    /// The momentum of the centre.
    let centre avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Centre momentum -> Some momentum
            | _ -> None)

    /// The temperature of the targets.
    let sharpness avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Sharpen temperature -> Some temperature
            | _ -> None)

    /// Sinkhorn's entropy weight and iterations.
    let balance avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Balance (epsilon, iterations) -> Some (epsilon, iterations)
            | _ -> None)

    /// How many past embeddings codes are balanced over, and from which epoch.
    let balancedOver avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.BalanceOver (length, from) -> Some (length, from)
            | _ -> None)

    /// Images of a group and the share of the identity, where embeddings are whitened.
    let whitening avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Whiten (size, epsilon) -> Some (size, epsilon)
            | _ -> None)

    /// How images are labelled once an epoch.
    let labelling avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.Relabel labelling -> Some labelling
            | _ -> None)

    /// The weight of the term that keeps neighbours apart; 0 without it.
    let apart avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.KeepApart weight -> Some weight
            | _ -> None)
        |> Option.defaultValue 0.0

    /// The weight of an embedding's distance to its row of a bank; 0 without it.
    let near avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.StayNear weight -> Some weight
            | _ -> None)
        |> Option.defaultValue 0.0

    /// The weight of the mean prediction's entropy; 0 without it.
    let meanEntropy avoid =
        avoid
        |> List.tryPick (function
            | Mechanism.MeanEntropy weight -> Some weight
            | _ -> None)
        |> Option.defaultValue 0.0

    /// The kind of a mechanism, without its numbers: a recipe has one of each at most.
    let kind =
        function
        | Mechanism.Repel _ -> "repel"
        | Mechanism.StopGradient -> "stopGradient"
        | Mechanism.Predict _ -> "predict"
        | Mechanism.MomentumTarget _ -> "momentumTarget"
        | Mechanism.Centre _ -> "centre"
        | Mechanism.Sharpen _ -> "sharpen"
        | Mechanism.Balance _ -> "balance"
        | Mechanism.BalanceOver _ -> "balanceOver"
        | Mechanism.Relabel _ -> "relabel"
        | Mechanism.Decorrelate -> "decorrelate"
        | Mechanism.KeepVariance -> "keepVariance"
        | Mechanism.MatchPrior -> "matchPrior"
        | Mechanism.KeepApart _ -> "keepApart"
        | Mechanism.StayNear _ -> "stayNear"
        | Mechanism.MeanEntropy _ -> "meanEntropy"
        | Mechanism.Whiten _ -> "whiten"
