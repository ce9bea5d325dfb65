namespace Vantage

/// Which mechanism of a recipe prevents which collapse, and why. It is worked out from what each mechanism does to the objective, so that a new combination
/// of known parts gets an answer too; every claim about a loss is tested against its numbers (CollapseTests).
module Collapse =
    let private prevention by why source inLoss = { By = by; Why = why; Source = source; InLoss = inLoss }

    let private choose pick (avoid: Mechanism list) = avoid |> List.tryFind pick |> Option.toList

    let private predicts mechanism = Mechanism.kind mechanism = "predict"
    let private follows mechanism = Mechanism.kind mechanism = "momentumTarget"
    let private stops mechanism = Mechanism.kind mechanism = "stopGradient"
    let private centres mechanism = Mechanism.kind mechanism = "centre"

    let private spreads =
        function
        | Mechanism.MeanEntropy weight -> weight > 0.0
        | _ -> false

    let private recalls mechanism = Mechanism.kind mechanism = "balanceOver"

    let private sharpens mechanism = Mechanism.kind mechanism = "sharpen"

    /// A predictor before a target that is held still: the mechanisms, or none where one is missing.
    let private predictorAndTarget objective avoid =
        match choose predicts avoid, choose follows avoid @ choose stops avoid with
        | [ predictor ], target :: _ -> Some [ predictor; target ]
        | [ predictor ], [] when Objective.stopsTargets objective -> Some [ predictor ]
        | _ -> None

    // Dot products of equal rows grow with their lengths, which no term on directions holds back.
    let private isRaw = Objective.isRaw
    let private contest =
        let why =
            "codes that are one for all, or fill fewer dimensions than the normal distribution, are told from it"
        prevention [] why "Donahue and Simonyan 2019, section 2" false

    let private complete objective avoid = [
        for mechanism in avoid |> List.filter (Objective.understands objective) do
            match mechanism with
            | Mechanism.Repel Negatives.InBatch ->
                prevention
                    [ mechanism ]
                    "equal embeddings cost as much as guessing among all candidates, spread ones less"
                    "Chen et al. 2020, equation 1 and section 5.1"
                    true
            | Mechanism.Repel (Negatives.Queue _) ->
                prevention
                    [ mechanism ]
                    "equal embeddings cost as much as guessing among the queue's keys, spread ones less"
                    "He et al. 2020, equation 1"
                    true
            | Mechanism.Repel (Negatives.Bank _ | Negatives.BankSum _) ->
                prevention
                    [ mechanism ]
                    "an image has to be told from the others in the memory bank"
                    "Wu et al. 2018, equation 2"
                    true
            | Mechanism.KeepVariance ->
                prevention
                    [ mechanism ]
                    "a hinge keeps the deviation of every value near 1; a constant pays 0.99 times its weight"
                    "Bardes et al. 2022, equation 1 and table 4"
                    true
            | Mechanism.MatchPrior ->
                prevention
                    [ mechanism ]
                    "embeddings are held to a distribution that is spread; a constant is as far from it as can be"
                    "Wang and Isola 2020, section 4.1.2; Chen and Li 2020, section 2"
                    true
            | Mechanism.KeepApart weight when weight > 0.0 && not (isRaw objective) ->
                prevention
                    [ mechanism ]
                    "the logarithm of the distance to the nearest neighbour is largest cost where it is 0"
                    "Sablayrolles et al. 2019; Oquab et al. 2023 (DINOv2)"
                    true
            | Mechanism.Whiten _ ->
                prevention
                    [ mechanism ]
                    "whitened embeddings of a batch have the identity as covariance; a constant becomes nothing, and nothing agrees with nothing"
                    "Ermolov et al. 2021, section 3"
                    true
            | Mechanism.Relabel (Labelling.KMeans _) ->
                prevention
                    [ mechanism ]
                    "centroids of equal embeddings are equal, and none of them can be told from the others: log K"
                    "Caron et al. 2018, section 3.3; Caron et al. 2020, appendix D"
                    true
            | Mechanism.Relabel (Labelling.Transport _) ->
                prevention
                    [ mechanism ]
                    "labels share the set out over the prototypes as long as embeddings differ at all"
                    "Asano et al. 2020; Caron et al. 2020, appendix D"
                    false
            | Mechanism.Balance _ ->
                prevention
                    (mechanism :: choose recalls avoid)
                    "codes share the prototypes out evenly: one embedding for all cannot predict them"
                    "Caron et al. 2020, equation 3"
                    true
            | _ -> ()
        match choose spreads avoid with
        | [ spread ] when Objective.understands objective spread ->
            prevention
                [ spread ]
                "a prototype that takes all costs log K in the mean prediction's entropy, predictions of none in particular cost log K themselves"
                "Assran et al. 2022, section 3"
                true
        | _ -> ()
        match Objective.inner objective with
        | Objective.BarlowTwins _
        | Objective.BarlowTwinsUnbiased _ ->
            prevention
                []
                "values are standardized over the batch: a constant has no correlation with itself and costs d"
                "Zbontar et al. 2021, equation 1; without the other term 57.3 in place of 71.4, table 5"
                true
        | Objective.Classify _ ->
            prevention
                []
                "labels of different classes differ, and one answer to all costs their entropy at least"
                "the definition of cross-entropy"
                true
        | Objective.BiGan _ -> contest
        | Objective.Imax _ ->
            prevention
                []
                "two constants share no information: agreement counts against the spread of what agrees"
                "Becker and Hinton 1992"
                true
        | _ -> ()
        match predictorAndTarget objective avoid with
        | Some by ->
            prevention
                by
                "the loss of a constant is least, but a predictor that runs ahead of a target held still keeps training away from it; either alone collapses"
                "Grill et al. 2020, table 5b; Chen and He 2021, tables 1 and 2; Tian et al. 2021"
                false
        | None -> ()
        match
            Objective.inner objective, choose follows avoid, choose centres avoid, choose sharpens avoid
        with
        | Objective.SelfDistill _, [ target ], [ centre ], [ sharpen ] ->
            prevention
                [ target; centre; sharpen ]
                "the centre keeps one prototype from taking all, sharpening keeps targets from becoming even; the target has to follow slowly"
                "Caron et al. 2021, section 5.3, figure 7 and table 7"
                false
        | _ -> ()
    ]

    let private dimensional objective avoid = [
        for mechanism in avoid |> List.filter (Objective.understands objective) do
            match mechanism with
            | Mechanism.Decorrelate ->
                prevention
                    [ mechanism ]
                    "values that repeat each other cost"
                    "Zbontar et al. 2021, equation 1; Bardes et al. 2022, equation 3"
                    true
            | Mechanism.MatchPrior ->
                prevention
                    [ mechanism ]
                    "fewer dimensions are further from a prior that fills them all"
                    "Wang and Isola 2020, section 4.1; Chen and Li 2020, table 1"
                    true
            | Mechanism.Whiten _ ->
                prevention
                    [ mechanism ]
                    "a covariance of fewer dimensions cannot be whitened, and what two views do not share fills the rest"
                    "Ermolov et al. 2021, section 3"
                    false
            | Mechanism.KeepApart weight when weight > 0.0 && not (isRaw objective) ->
                prevention
                    [ mechanism ]
                    "fewer dimensions hold neighbours closer together"
                    "Sablayrolles et al. 2019"
                    true
            | Mechanism.Repel _ ->
                prevention
                    [ mechanism ]
                    "fewer dimensions hold candidates closer together and cost more; strong augmentation can flatten embeddings all the same"
                    "Jing et al. 2022, sections 4 and 5"
                    true
            | _ -> ()
        match Objective.inner objective with
        | Objective.Imax _ ->
            prevention
                []
                "the determinant of what agrees is 0 as soon as a dimension is missing"
                "Becker and Hinton 1992, in its form for vectors"
                true
        | Objective.BiGan _ -> contest
        | _ -> ()
    ]

    let private cluster objective avoid = [
        for mechanism in avoid |> List.filter (Objective.understands objective) do
            match mechanism with
            | Mechanism.Relabel (Labelling.Transport _) ->
                prevention
                    [ mechanism ]
                    "labels are spread over the prototypes once an epoch"
                    "Asano et al. 2020"
                    false
            | Mechanism.Relabel (Labelling.KMeans _) ->
                prevention
                    [ mechanism ]
                    "k-means puts a centroid wherever embeddings are; one without images stays"
                    "Caron et al. 2018, section 3.3"
                    false
            | Mechanism.Balance _ ->
                match choose recalls avoid with
                | [] ->
                    prevention
                        [ mechanism ]
                        "every prototype gets its share of the batch"
                        "Caron et al. 2020, equation 3"
                        true
                | recalled ->
                    prevention
                        (mechanism :: recalled)
                        "every prototype gets its share of the batch and of past embeddings, so that a batch may be smaller than the number of prototypes"
                        "Caron et al. 2020, equation 3 and section 3.1"
                        true
            | _ -> ()
        match choose spreads avoid with
        | [ spread ] when Objective.understands objective spread ->
            prevention
                (spread :: choose sharpens avoid)
                "the mean prediction costs least when it is even; sharper targets lead away from predicting none in particular"
                "Assran et al. 2022, section 3"
                true
        | _ -> ()
        match choose centres avoid, choose sharpens avoid with
        | [ centre ], [ sharpen ] when Objective.understands objective centre ->
            prevention
                [ centre; sharpen ]
                "a prototype that most targets choose is taken off by the centre; targets that choose none are sharpened"
                "Caron et al. 2021, figure 7"
                false
        | _ -> ()
    ]

    let private oscillation avoid = [
        match choose follows avoid with
        | [ Mechanism.MomentumTarget schedule as target ] when
            (Schedule.values schedule |> List.forall (fun m -> m >= 0.9))
            ->
            prevention
                [ target ]
                "keys of past batches come from nearly the same network"
                "He et al. 2020, section 4.1: momentum 0 does not converge, 0.9 gives 55.2, 0.999 gives 59.0"
                false
        | _ -> ()
        match Mechanism.negatives avoid with
        | Some ((Negatives.Bank (_, momentum) | Negatives.BankSum (_, momentum)) as bank) when
            momentum > 0.0 || Mechanism.near avoid > 0.0
            ->
            let by = Mechanism.Repel bank :: choose _.IsStayNear avoid
            let why = "rows move part of the way at a time, and a proximal term holds embeddings to them"
            prevention by why "Wu et al. 2018, section 3.3" false
        | _ -> ()
    ]

    // Where images have labels of an epoch, the codes of a batch are not computed: balancing them does nothing.
    let private atWork avoid =
        if (Mechanism.labelling avoid).IsSome then
            avoid
            |> List.filter (function
                | Mechanism.Balance _
                | Mechanism.BalanceOver _ -> false
                | _ -> true)
        else
            avoid

    /// What prevents each kind of collapse under an objective with these mechanisms.
    let findings objective avoid : Finding list =
        let avoid = atWork avoid
        let past =
            match Mechanism.negatives avoid with
            | Some (Negatives.Queue _ | Negatives.Bank _ | Negatives.BankSum _) -> true
            | _ -> false
        [
            { Kind = CollapseKind.Complete; Applies = true; Prevented = complete objective avoid }
            {
                Kind = CollapseKind.Dimensional
                Applies = true
                Prevented = dimensional objective avoid
            }
            {
                Kind = CollapseKind.Cluster
                Applies = (Objective.prototypes objective).IsSome
                Prevented = cluster objective avoid
            }
            { Kind = CollapseKind.Oscillation; Applies = past; Prevented = oscillation avoid }
        ]

    /// Whether something keeps embeddings from becoming one.
    let prevented objective avoid = not (complete objective (atWork avoid)).IsEmpty
