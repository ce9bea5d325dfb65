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
        | Objective.SelfDistill (_, _, None) -> "self-distillation"
        | Objective.SelfDistill (_, _, Some _) -> "self-distillation with hidden patches"
        | Objective.BarlowTwins _ -> "Barlow Twins"
        | Objective.BarlowTwinsUnbiased _ -> "Barlow Twins with the unbiased deviation"
        | Objective.VicReg _ -> "VICReg"
        | Objective.Hypersphere _ -> "alignment and uniformity"
        | Objective.Sliced _ -> "the sliced Wasserstein loss"
        | Objective.AlignSpread _ -> "alignment and log-sum-exp"
        | Objective.LeJepa _ -> "LeJEPA"
        | Objective.Imax _ -> "IMAX"
        | Objective.Classify (Labelled.All, _, _) -> "supervised cross-entropy"
        | Objective.Classify _ -> "semi-supervised cross-entropy"
        | Objective.Raw inner -> $"{name inner} of dot products"
        | Objective.BFloat16 inner -> $"{name inner} with products of bfloat16"
        | Objective.Scaled (factor, inner) -> $"{factor} times {name inner}"
        | Objective.SupCon _ -> "SupCon"
        | Objective.PredictAhead _ -> "CPC"
        | Objective.LocalGlobal _ -> "AMDIM"
        | Objective.Restore _ -> "CAN"
        | Objective.RestoreNoised _ -> "CAN with noised targets"
        | Objective.BiGan it -> if it.Single then "BigBiGAN" else "BiGAN"

    /// What the loss is multiplied by.
    let factor =
        function
        | Objective.Scaled (factor, _) -> factor
        | _ -> 1.0

    /// Whether a factor stands anywhere in it.
    let rec scaledInside =
        function
        | Objective.Scaled _ -> true
        | Objective.Raw inner
        | Objective.BFloat16 inner -> scaledInside inner
        | _ -> false

    /// The objective without what is said about lengths, products and a factor.
    let rec inner =
        function
        | Objective.Scaled (_, wrapped)
        | Objective.Raw wrapped
        | Objective.BFloat16 wrapped -> inner wrapped
        | other -> other

    /// Whether embeddings are compared as they are, not divided by their lengths, where an objective chooses.
    let rec isRaw =
        function
        | Objective.Raw _ -> true
        | Objective.Scaled (_, inner)
        | Objective.BFloat16 inner -> isRaw inner
        | _ -> false

    /// Whether products of embeddings are taken in bfloat16.
    let rec inBFloat16 =
        function
        | Objective.BFloat16 _ -> true
        | Objective.Scaled (_, inner)
        | Objective.Raw inner -> inBFloat16 inner
        | _ -> false

    /// Whether it looks at labels.
    let needsLabels objective =
        match inner objective with
        | Objective.Classify _
        | Objective.SupCon _ -> true
        | _ -> false

    /// How many labelled images a step takes beside its batch.
    let labelledBeside =
        function
        | Objective.Classify (Labelled.PerClass (_, batch), _, _) -> batch
        | _ -> 0

    /// Whether a second head tells how far images were turned.
    let turns =
        function
        | Objective.Classify (_, _, terms) -> terms |> List.exists _.IsRotation
        | _ -> false

    /// How wide the embedding of exemplars is, where it has them.
    let exemplars objective =
        match inner objective with
        | Objective.Classify (_, _, terms) ->
            terms
            |> List.tryPick (function
                | Unlabelled.Exemplar (width, _) -> Some width
                | _ -> None)
        | _ -> None

    /// The finished runs whose predictions it learns from.
    let teachers objective =
        match inner objective with
        | Objective.Classify (_, _, terms) ->
            terms
            |> List.choose (function
                | Unlabelled.Distil (run, _, _) -> Some run
                | _ -> None)
        | _ -> []

    /// How many views it looks at: one where each image is compared with a label or a row of a bank.
    let leastViews objective =
        match inner objective with
        | Objective.Classify (_, _, terms) ->
            if terms |> List.exists (fun t -> t.IsSharpened || t.IsExemplar || t.IsConfident) then
                2
            else
                1
        | Objective.PredictAhead _
        | Objective.BiGan _ -> 1
        | _ -> 2

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
        | _, (Objective.Classify _ | Objective.BiGan _) -> false
        | Mechanism.Repel negatives,
          (Objective.PredictAhead _ | Objective.LocalGlobal _ | Objective.Restore _ | Objective.RestoreNoised _) ->
            negatives = Negatives.InBatch
        | _,
          (Objective.PredictAhead _ | Objective.LocalGlobal _ | Objective.Restore _ | Objective.RestoreNoised _) ->
            false
        | Mechanism.KeepApart _, _ -> true
        | Mechanism.StayNear _, Objective.InfoNce _ -> true
        | Mechanism.Repel Negatives.InBatch,
          (Objective.NtXent _ | Objective.Decoupled _ | Objective.NtLogistic _ | Objective.MarginTriplet _ | Objective.InfoNce _)
        | Mechanism.Repel _, Objective.InfoNce _
        | Mechanism.Repel Negatives.InBatch, Objective.SupCon _ -> true
        | _, Objective.SupCon _ -> false
        | Mechanism.Predict _, _
        | Mechanism.MomentumTarget _, _
        | (Mechanism.Centre _ | Mechanism.Sharpen _), Objective.SelfDistill _
        | Mechanism.Balance _, (Objective.SwapCodes _ | Objective.SelfDistill _)
        | Mechanism.Decorrelate,
          (Objective.BarlowTwins _ | Objective.BarlowTwinsUnbiased _ | Objective.VicReg _)
        | Mechanism.KeepVariance, Objective.VicReg _
        | Mechanism.MatchPrior,
          (Objective.Hypersphere _ | Objective.Sliced _ | Objective.AlignSpread _ | Objective.LeJepa _)
        | Mechanism.MeanEntropy _, (Objective.SwapCodes _ | Objective.SelfDistill _) -> true
        | (Mechanism.Sharpen _ | Mechanism.Relabel _ | Mechanism.BalanceOver _), Objective.SwapCodes _ -> true
        | Mechanism.Whiten _, (Objective.Regression | Objective.NegativeCosine) -> true
        | Mechanism.StopGradient, objective -> not (stopsTargets objective)
        | _ -> false

    /// The published mechanisms of an objective, as words: what `check` advises.
    let rec advice =
        function
        | Objective.Scaled (_, inner)
        | Objective.Raw inner
        | Objective.BFloat16 inner -> advice inner
        | Objective.NtXent _
        | Objective.Decoupled _
        | Objective.NtLogistic _
        | Objective.MarginTriplet _
        | Objective.PredictAhead _
        | Objective.LocalGlobal _
        | Objective.Restore _
        | Objective.RestoreNoised _
        | Objective.SupCon _ -> [ "repel inBatch" ]
        | Objective.InfoNce _ -> [ "repel (queue 4096)"; "momentumTarget 0.99" ]
        | Objective.Regression -> [ "momentumTarget 0.99"; "predict [ ... ]" ]
        | Objective.NegativeCosine -> [ "stopGradient"; "predict [ ... ]" ]
        | Objective.SwapCodes _ -> [ "balance 0.05 3" ]
        | Objective.SelfDistill _ -> [ "momentumTarget 0.996"; "centre 0.9"; "sharpen 0.04" ]
        | Objective.BarlowTwins _
        | Objective.BarlowTwinsUnbiased _ -> [ "decorrelate" ]
        | Objective.VicReg _ -> [ "keepVariance"; "decorrelate" ]
        | Objective.Hypersphere _
        | Objective.Sliced _
        | Objective.AlignSpread _
        | Objective.LeJepa _ -> [ "matchPrior" ]
        | Objective.Imax _
        | Objective.BiGan _
        | Objective.Classify _ -> []

    /// Whether it looks at directions only, so that an embedding of one value says nothing but its sign.
    let rec normalizes =
        function
        | Objective.Scaled (_, inner)
        | Objective.BFloat16 inner -> normalizes inner
        | Objective.BarlowTwins _
        | Objective.BarlowTwinsUnbiased _
        | Objective.VicReg _
        | Objective.Sliced ((Prior.Cube | Prior.Normal), _)
        | Objective.LeJepa _
        | Objective.Imax _
        | Objective.Classify _
        | Objective.PredictAhead _
        | Objective.LocalGlobal _
        | Objective.BiGan _
        | Objective.Raw _ -> false
        | _ -> true

    /// The prototypes that it compares embeddings with, if any.
    let prototypes =
        function
        | Objective.SwapCodes (_, p)
        | Objective.SelfDistill (_, p, _) -> Some p
        | _ -> None

    /// How many sets of prototypes it has; 1 without any.
    let sets objective = prototypes objective |> Option.fold (fun _ p -> p.Sets) 1

    /// Whether it takes the mean over several sets of prototypes.
    let severalSets =
        function
        | Objective.SwapCodes _ -> true
        | _ -> false

    /// The patches that it hides, if any.
    let hidden =
        function
        | Objective.SelfDistill (_, _, hidden) -> hidden
        | _ -> None

    /// The temperature at which the contrastive task is watched; 1 where the objective has none that divides cosines of embeddings.
    let rec temperature =
        function
        | Objective.Scaled (_, inner)
        | Objective.BFloat16 inner -> temperature inner
        | Objective.NtXent t
        | Objective.Decoupled (t, _)
        | Objective.NtLogistic (t, _)
        | Objective.AlignSpread (t, _)
        | Objective.Restore (t, _)
        | Objective.RestoreNoised (t, _)
        | Objective.InfoNce (t, _)
        | Objective.SupCon t -> t
        | _ -> 1.0
