namespace Vantage

/// The numbers of an objective, for checks that hold for all.
module ObjectiveNumbers =
    let private ofInner objective =
        match Objective.inner objective with
        | Objective.Scaled _
        | Objective.Raw _
        | Objective.BFloat16 _ -> []
        | Objective.Classify (labelled, _, terms) -> [
            match labelled with
            | Labelled.All -> ()
            | Labelled.PerClass (count, batch) ->
                "number of labelled images of a class", float count, true
                "number of labelled images of a step", float batch, true
            for term in terms do
                match term with
                | Unlabelled.PseudoLabel (threshold, weight, ramp)
                | Unlabelled.PseudoLabelByShare (threshold, weight, ramp) ->
                    "threshold", threshold, false
                    "weight", weight, false
                    "ramp", ramp, false
                | Unlabelled.LeastEntropy weight
                | Unlabelled.Rotation weight -> "weight", weight, false
                | Unlabelled.Exemplar (width, weight) ->
                    "width of exemplars", float width, true
                    "weight", weight, false
                | Unlabelled.Vat (epsilon, trial, weight, ramp)
                | Unlabelled.VatTurned (epsilon, trial, weight, ramp) ->
                    "epsilon", epsilon, true
                    "trial step", trial, true
                    "weight", weight, false
                    "ramp", ramp, false
                | Unlabelled.Sharpened (temperature, confidence, weight) ->
                    "temperature", temperature, true
                    "confidence", confidence, false
                    "weight", weight, false
                | Unlabelled.Distil (_, temperature, weight) ->
                    "temperature", temperature, true
                    "weight", weight, false
                | Unlabelled.Confident (threshold, weight) ->
                    "threshold", threshold, false
                    "weight", weight, false
          ]
        | Objective.SelfDistill (t, _, Some hidden) -> [
            "temperature", t, true
            "probability", hidden.Probability, false
            "weight", hidden.Weight, false
          ]
        | Objective.Decoupled (t, Some sigma) -> [ "temperature", t, true; "sigma", sigma, true ]
        | Objective.AlignSpread (t, w) -> [ "temperature", t, true; "weight", w, false ]
        | Objective.LeJepa (w, directions) -> [
            "weight", w, false
            "number of directions", float directions, true
          ]
        | Objective.Imax noise -> [ "variance of the noise", noise, true ]
        | Objective.PredictAhead ahead -> [
            "nearest row", float ahead.First, true
            "distance of the last row from the nearest", float (ahead.Last - ahead.First), false
            "number of blocks", float ahead.Blocks, true
            "width of the blocks", float ahead.Width, true
            "number of directions, 1 or 4,",
            (if ahead.Directions = 1 || ahead.Directions = 4 then 1.0 else -1.0),
            true
          ]
        | Objective.Restore (t, r)
        | Objective.RestoreNoised (t, r) -> [
            "temperature", t, true
            "hidden share", r.Share, true
            "shown share", 1.0 - r.Share, true
            "deviation of the noise", r.Deviation, false
            "weight of NT-Xent", r.Contrast, false
            "weight of the values", r.Pixels, false
            "weight of the noise", r.Noise, false
            "decoder's width", float r.Width, true
            "decoder's depth", float r.Depth, true
            "decoder's heads", float r.Heads, true
          ]
        | Objective.BiGan c -> [
            "width", float c.Width, true
            "width of the discriminators", float c.Hidden, true
            "number of blocks", float c.Blocks, false
            "number of the discriminators' steps", float c.Steps, true
          ]
        | Objective.LocalGlobal (clip, penalty) -> [
            "clip", clip, true
            "weight of the squares", penalty, false
          ]
        | Objective.NtXent t
        | Objective.Decoupled (t, None)
        | Objective.NtLogistic (t, _)
        | Objective.InfoNce (t, _)
        | Objective.SwapCodes (t, _)
        | Objective.SelfDistill (t, _, None)
        | Objective.SupCon t -> [ "temperature", t, true ]
        | Objective.MarginTriplet (m, _) -> [ "margin", m, true ]
        | Objective.Regression
        | Objective.NegativeCosine -> []
        | Objective.BarlowTwins lambda
        | Objective.BarlowTwinsUnbiased lambda -> [ "lambda", lambda, true ]
        | Objective.VicReg (i, v, c) -> [
            "invariance", i, false
            "variance", v, false
            "covariance", c, false
          ]
        | Objective.Hypersphere (t, w) -> [ "sharpness", t, true; "weight", w, false ]
        | Objective.Sliced (_, w) -> [ "weight", w, false ]

    /// Each number with its name and whether it must be above 0.
    let all objective = ("factor", Objective.factor objective, true) :: ofInner objective
