namespace Vantage

/// What is known of an objective without computing it.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =
    /// Its name in the literature.
    let rec name =
        function
        | Objective.NtXent _ -> "NT-Xent"
        | Objective.Decoupled (_, None) -> "DCL"
        | Objective.Decoupled _ -> "DCLW"
        | Objective.NtLogistic (_, Mining.All) -> "NT-Logistic"
        | Objective.NtLogistic (_, Mining.SemiHard) -> "semi-hard NT-Logistic"
        | Objective.MarginTriplet (_, Mining.All) -> "margin triplet"
        | Objective.MarginTriplet (_, Mining.SemiHard) -> "semi-hard margin triplet"
        | Objective.InfoNce _ -> "InfoNCE"
        | Objective.Regression -> "BYOL's regression"
        | Objective.NegativeCosine -> "the negative cosine"
        | Objective.SwapCodes _ -> "swapped codes"
        | Objective.SelfDistill _ -> "self-distillation"
        | Objective.BarlowTwins _ -> "Barlow Twins"
        | Objective.VicReg _ -> "VICReg"
        | Objective.Hypersphere _ -> "alignment and uniformity"
        | Objective.Sliced _ -> "the sliced Wasserstein loss"
        | Objective.AlignSpread _ -> "alignment and log-sum-exp"
        | Objective.LeJepa _ -> "LeJEPA"
        | Objective.Imax _ -> "IMAX"
        | Objective.Raw inner -> $"{name inner} of dot products"
        | Objective.SupCon _ -> "SupCon"

    /// The objective without what is said about lengths.
    let rec inner =
        function
        | Objective.Raw wrapped -> inner wrapped
        | other -> other

    /// Whether it looks at labels.
    let needsLabels objective =
        match inner objective with
        | Objective.SupCon _ -> true
        | _ -> false

    /// Whether its targets never carry gradient, whatever the mechanisms.
    let stopsTargets objective =
        match inner objective with
        | Objective.InfoNce _
        | Objective.SwapCodes _
        | Objective.SelfDistill _ -> true
        | _ -> false

    /// Whether a mechanism does anything in it: has a term, or changes what is compared.
    let understands objective mechanism =
        match mechanism, inner objective with
        | Mechanism.KeepApart _, _ -> true
        | Mechanism.Repel Negatives.InBatch,
          (Objective.NtXent _ | Objective.Decoupled _ | Objective.NtLogistic _ | Objective.MarginTriplet _ | Objective.InfoNce _)
        | Mechanism.Repel _, Objective.InfoNce _
        | Mechanism.Repel Negatives.InBatch, Objective.SupCon _ -> true
        | _, Objective.SupCon _ -> false
        | Mechanism.Predict _, _
        | Mechanism.MomentumTarget _, _
        | (Mechanism.Centre _ | Mechanism.Sharpen _), Objective.SelfDistill _
        | Mechanism.Balance _, (Objective.SwapCodes _ | Objective.SelfDistill _)
        | Mechanism.Decorrelate, (Objective.BarlowTwins _ | Objective.VicReg _)
        | Mechanism.KeepVariance, Objective.VicReg _
        | Mechanism.MatchPrior,
          (Objective.Hypersphere _ | Objective.Sliced _ | Objective.AlignSpread _ | Objective.LeJepa _)
        | Mechanism.MeanEntropy _, (Objective.SwapCodes _ | Objective.SelfDistill _) -> true
        | (Mechanism.Sharpen _ | Mechanism.Relabel _), Objective.SwapCodes _ -> true
        | Mechanism.Whiten _, (Objective.Regression | Objective.NegativeCosine) -> true
        | Mechanism.StopGradient, objective -> not (stopsTargets objective)
        | _ -> false

    /// The published mechanisms of an objective, as words: what `check` advises.
    let rec advice =
        function
        | Objective.Raw inner -> advice inner
        | Objective.NtXent _
        | Objective.Decoupled _
        | Objective.NtLogistic _
        | Objective.MarginTriplet _
        | Objective.SupCon _ -> [ "repel inBatch" ]
        | Objective.InfoNce _ -> [ "repel (queue 4096)"; "momentumTarget 0.99" ]
        | Objective.Regression -> [ "momentumTarget 0.99"; "predict [ ... ]" ]
        | Objective.NegativeCosine -> [ "stopGradient"; "predict [ ... ]" ]
        | Objective.SwapCodes _ -> [ "balance 0.05 3" ]
        | Objective.SelfDistill _ -> [ "momentumTarget 0.996"; "centre 0.9"; "sharpen 0.04" ]
        | Objective.BarlowTwins _ -> [ "decorrelate" ]
        | Objective.VicReg _ -> [ "keepVariance"; "decorrelate" ]
        | Objective.Hypersphere _
        | Objective.Sliced _
        | Objective.AlignSpread _
        | Objective.LeJepa _ -> [ "matchPrior" ]
        | Objective.Imax _ -> []

    /// Whether it looks at directions only, so that an embedding of one value says nothing but its sign.
    let normalizes =
        function
        | Objective.BarlowTwins _
        | Objective.VicReg _
        | Objective.Sliced ((Prior.Cube | Prior.Normal), _)
        | Objective.LeJepa _
        | Objective.Imax _
        | Objective.Raw _ -> false
        | _ -> true

    /// The prototypes that it compares embeddings with, if any.
    let prototypes =
        function
        | Objective.SwapCodes (_, p)
        | Objective.SelfDistill (_, p) -> Some p
        | _ -> None

    /// The temperature at which the contrastive task is watched; 1 where the objective has none that divides cosines of embeddings.
    let temperature =
        function
        | Objective.NtXent t
        | Objective.Decoupled (t, _)
        | Objective.NtLogistic (t, _)
        | Objective.AlignSpread (t, _)
        | Objective.InfoNce (t, _)
        | Objective.SupCon t -> t
        | _ -> 1.0

    /// Its numbers, each with its name and whether it must be above 0.
    let numbers objective =
        match inner objective with
        | Objective.Raw _ -> []
        | Objective.Decoupled (t, Some sigma) -> [ "temperature", t, true; "sigma", sigma, true ]
        | Objective.AlignSpread (t, w) -> [ "temperature", t, true; "weight", w, false ]
        | Objective.LeJepa (w, directions) -> [
            "weight", w, false
            "number of directions", float directions, true
          ]
        | Objective.Imax noise -> [ "variance of the noise", noise, true ]
        | Objective.NtXent t
        | Objective.Decoupled (t, None)
        | Objective.NtLogistic (t, _)
        | Objective.InfoNce (t, _)
        | Objective.SwapCodes (t, _)
        | Objective.SelfDistill (t, _)
        | Objective.SupCon t -> [ "temperature", t, true ]
        | Objective.MarginTriplet (m, _) -> [ "margin", m, true ]
        | Objective.Regression
        | Objective.NegativeCosine -> []
        | Objective.BarlowTwins lambda -> [ "lambda", lambda, true ]
        | Objective.VicReg (i, v, c) -> [
            "invariance", i, false
            "variance", v, false
            "covariance", c, false
          ]
        | Objective.Hypersphere (t, w) -> [ "sharpness", t, true; "weight", w, false ]
        | Objective.Sliced (_, w) -> [ "weight", w, false ]

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
        | Mechanism.Relabel _ -> "relabel"
        | Mechanism.Decorrelate -> "decorrelate"
        | Mechanism.KeepVariance -> "keepVariance"
        | Mechanism.MatchPrior -> "matchPrior"
        | Mechanism.KeepApart _ -> "keepApart"
        | Mechanism.MeanEntropy _ -> "meanEntropy"
        | Mechanism.Whiten _ -> "whiten"
