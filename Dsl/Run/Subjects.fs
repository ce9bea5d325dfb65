namespace Vantage

open System
open TorchSharp

/// The objectives of the vocabulary as subjects of verification, with what each says of itself.
module Subjects =
    let private softplus (x: float) = max x 0.0 + Math.Log (1.0 + exp (-abs x))

    let private known objective avoid =
        let repels = (Mechanism.negatives avoid).IsSome
        match objective with
        | Objective.NtXent t when repels -> [
            Claim.EqualGives (fun n _ -> log (2.0 * float n - 1.0))
            Claim.OrthonormalGives (fun n -> log (1.0 + (2.0 * float n - 2.0) * exp (-1.0 / t)))
          ]
        | Objective.SupCon t when repels -> [
            // Every image a class of its own: NT-Xent.
            Claim.EqualGives (fun n _ -> log (2.0 * float n - 1.0))
            Claim.OrthonormalGives (fun n -> log (1.0 + (2.0 * float n - 2.0) * exp (-1.0 / t)))
          ]
        | Objective.Decoupled (t, None) when repels -> [
            Claim.EqualGives (fun n _ -> log (2.0 * float n - 2.0))
            Claim.OrthonormalGives (fun n -> log (2.0 * float n - 2.0) - 1.0 / t)
          ]
        | Objective.NtLogistic (t, Mining.All) when repels -> [
            Claim.EqualGives (fun _ _ -> softplus (-1.0 / t) + softplus (1.0 / t))
            Claim.OrthonormalGives (fun _ -> softplus (-1.0 / t) + log 2.0)
          ]
        | Objective.MarginTriplet (m, Mining.All) when repels -> [
            Claim.EqualGives (fun _ _ -> m)
            Claim.OrthonormalGives (fun _ -> max 0.0 (m - 1.0))
          ]
        | Objective.InfoNce (t, true) when Mechanism.negatives avoid = Some Negatives.InBatch -> [
            Claim.EqualGives (fun n _ -> 4.0 * t * log (float n))
            Claim.OrthonormalGives (fun n -> 4.0 * t * log (1.0 + (float n - 1.0) * exp (-1.0 / t)))
          ]
        | Objective.Regression -> [ Claim.EqualGives (fun _ _ -> 0.0); Claim.OrthonormalGives (fun _ -> 0.0) ]
        | Objective.NegativeCosine -> [
            Claim.EqualGives (fun _ _ -> -1.0)
            Claim.OrthonormalGives (fun _ -> -1.0)
          ]
        | Objective.BarlowTwins _
        | Objective.BarlowTwinsUnbiased _ -> [ Claim.EqualGives (fun _ d -> float d) ]
        | Objective.VicReg (_, v, _) ->
            let kept = List.contains Mechanism.KeepVariance avoid
            [ Claim.EqualGives (fun _ _ -> if kept then 0.99 * v else 0.0) ]
        | Objective.Hypersphere (t, w) ->
            let matched = List.contains Mechanism.MatchPrior avoid
            [
                Claim.EqualGives (fun _ _ -> 0.0)
                Claim.OrthonormalGives (fun _ -> if matched then -2.0 * t * w else 0.0)
            ]
        | _ -> []

    let private fixedRows objective avoid =
        match objective, Mechanism.negatives avoid with
        | (Objective.SwapCodes _ | Objective.SelfDistill _ | Objective.Sliced _), _
        | _, Some (Negatives.Queue _ | Negatives.Bank _ | Negatives.BankSum _) -> true
        | _ -> false

    /// An objective under its mechanisms, in the state in which training starts; a bank's Z is that of fixed embeddings.
    let ofRecipe objective avoid =
        // The last image of a trial keeps its label.
        let objective =
            match objective with
            | Objective.Classify (Labelled.PerClass _, annealing, terms) ->
                Objective.Classify (Labelled.PerClass (1, 1), annealing, terms)
            | other -> other
        // Whitening is tried on trials of any size: all images are one group, and a share of the identity lets it be.
        let fitting images =
            avoid
            |> List.map (function
                | Mechanism.Whiten (_, epsilon) -> Mechanism.Whiten (images, max 0.05 epsilon)
                | other -> other)
        let whitens = (Mechanism.whitening avoid).IsSome
        let classifies =
            match objective with
            | Objective.Classify _ -> true
            | _ -> false
        let criterion (like: torch.Tensor) (images: int) =
            Criterion (
                objective,
                fitting images,
                int like.shape[1],
                1,
                2,
                images,
                like.device,
                5UL,
                like.dtype
            )
        let prototypes (like: torch.Tensor) =
            Objective.prototypes objective
            |> Option.map (fun p ->
                // Directions that do not depend on the trial.
                let size = float like.shape[1] * float (p.Sets * p.Count)
                let angles =
                    torch.arange (Scope.number size, dtype = torch.float64)
                    |> fun x -> (x * Scope.number 0.7).sin().view(int64 (p.Sets * p.Count), like.shape[1])
                let unit = Vantage.Kernels.Torch.UnitRows.Of(angles).to_type like.dtype
                unit, unit)
        {
            Name = Objective.name objective
            LeastPairs = 2
            Loss =
                fun predictions targets ->
                    let like = predictions.Head
                    let n = int like.shape[0]
                    let criterion = criterion like n
                    let loss predictions targets =
                        let branches = Branches.alone objective 0 (prototypes like) predictions targets
                        fst (criterion.Loss (branches, 0))
                    if criterion.State |> List.exists (fun (name, _) -> name = "bank.normaliser") then
                        let ones = torch.ones_like (like.detach ())
                        loss [ ones; ones ] [ ones; ones ] |> ignore
                    let loss = loss predictions targets
                    for _, tensor in criterion.State do
                        tensor.Dispose ()
                    loss
            Claims = [
                let oneWay =
                    match Objective.inner objective with
                    | Objective.InfoNce (_, bothWays) -> not bothWays
                    | _ -> false
                match Mechanism.negatives avoid with
                | Some (Negatives.Bank _ | Negatives.BankSum _) -> () // an image has a row of its own
                | _ when (Mechanism.labelling avoid).IsSome -> () // or a label
                | _ when classifies -> ()
                | _ -> Claim.OrderFree
                if not oneWay && not classifies then
                    Claim.Symmetric
                if Objective.normalizes objective && not whitens then
                    Claim.ScaleFree
                    if not (fixedRows objective avoid) then
                        Claim.RotationFree
                match objective with
                | Objective.BarlowTwins _
                | Objective.BarlowTwinsUnbiased _ -> Claim.Standardizing
                | _ -> ()
                if Objective.stopsTargets objective then
                    Claim.StopsTargets
                match Objective.inner objective with
                | Objective.Classify (_, _, _ :: _) -> Claim.HoldsWeights
                | Objective.Decoupled (_, Some _) when (Mechanism.negatives avoid).IsSome ->
                    Claim.HoldsWeights
                | _ -> ()
                if not whitens && Mechanism.apart avoid = 0.0 then
                    yield! known objective avoid
            ]
        }
