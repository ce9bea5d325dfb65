namespace Vantage

/// What is known of an objective without computing it.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =
    /// Its name in the literature.
    let name =
        function
        | Objective.NtXent _ -> "NT-Xent"
        | Objective.Decoupled _ -> "DCL"
        | Objective.NtLogistic _ -> "NT-Logistic"
        | Objective.MarginTriplet _ -> "margin triplet"
        | Objective.BarlowTwins _ -> "Barlow Twins"
        | Objective.VicReg _ -> "VICReg"
        | Objective.Hypersphere _ -> "alignment and uniformity"

    /// The mechanisms that it has a term for, with the word for each. One left out of a recipe takes its term away.
    let mechanisms =
        function
        | Objective.NtXent _
        | Objective.Decoupled _
        | Objective.NtLogistic _
        | Objective.MarginTriplet _ -> [ Mechanism.Repel Negatives.InBatch, "repel inBatch" ]
        | Objective.BarlowTwins _ -> [ Mechanism.Decorrelate, "decorrelate" ]
        | Objective.VicReg _ -> [
            Mechanism.KeepVariance, "keepVariance"
            Mechanism.Decorrelate, "decorrelate"
          ]
        | Objective.Hypersphere _ -> [ Mechanism.MatchPrior, "matchPrior" ]

    /// Whether it looks at directions only, so that an embedding of one value says nothing but its sign.
    let normalizes =
        function
        | Objective.BarlowTwins _
        | Objective.VicReg _ -> false
        | _ -> true

    /// The temperature at which the contrastive task is watched; 1 where the objective has none.
    let temperature =
        function
        | Objective.NtXent t
        | Objective.Decoupled t
        | Objective.NtLogistic t -> t
        | _ -> 1.0

    /// Its numbers, each with its name and whether it must be above 0.
    let numbers =
        function
        | Objective.NtXent t
        | Objective.Decoupled t
        | Objective.NtLogistic t -> [ "temperature", t, true ]
        | Objective.MarginTriplet m -> [ "margin", m, true ]
        | Objective.BarlowTwins lambda -> [ "lambda", lambda, true ]
        | Objective.VicReg (i, v, c) -> [
            "invariance", i, false
            "variance", v, false
            "covariance", c, false
          ]
        | Objective.Hypersphere (t, w) -> [ "sharpness", t, true; "weight", w, false ]

    /// Why the constant embedding is not its least value, or not even near it, under a mechanism; with the source.
    let because objective mechanism =
        match objective, mechanism with
        | Objective.NtXent t, Mechanism.Repel _ ->
            Some
                $"negatives in the batch prevent complete collapse: equal embeddings cost log (2N - 1), spread ones less\n  (temperature {t}; Chen et al. 2020, equation 1 and section 5.1)"
        | (Objective.Decoupled _ | Objective.NtLogistic _ | Objective.MarginTriplet _), Mechanism.Repel _ ->
            Some
                "negatives in the batch prevent complete collapse: equal embeddings cost more than spread ones\n  (Chen et al. 2020, table 2; Yeh et al. 2022)"
        | Objective.BarlowTwins _, Mechanism.Decorrelate ->
            Some
                "the cross-correlation of standardized values must be the identity: a constant costs d, a repeated value costs off the diagonal\n  (Zbontar et al. 2021, equation 1; without the off-diagonal term 57.3 in place of 71.4, table 5)"
        | Objective.VicReg (_, v, _), Mechanism.KeepVariance ->
            Some
                $"a hinge keeps every deviation near 1: a constant costs 0.99 x {v} (complete collapse)\n  (Bardes et al. 2022, equation 1 and table 4)"
        | Objective.VicReg _, Mechanism.Decorrelate ->
            Some
                "squared covariances cost: values that repeat each other are pushed apart (dimensional collapse)\n  (Bardes et al. 2022, equation 3)"
        | Objective.Hypersphere _, Mechanism.MatchPrior ->
            Some
                "the Gaussian potential is least for the uniform distribution on the sphere, and greatest for a constant\n  (Wang and Isola 2020, section 4.1.2)"
        | _ -> None
