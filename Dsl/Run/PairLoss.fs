namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// What chance an objective draws, and where its tensors live.
type LossSetting = { Device: torch.Device; Seed: uint64; Type: torch.ScalarType }

/// Functions over the setting of a loss.
module LossSetting =
    /// A generator of its own for each step and purpose.
    let chance setting (step: int) purpose =
        let bits = Philox.Bits (setting.Seed, step, 0L, purpose, 0)
        new torch.Generator ((uint64 step <<< 32) ^^^ uint64 bits ^^^ setting.Seed, torch.CPU)

    /// Normal numbers for each image of a batch, by its number in the set and not by its row: their order changes nothing.
    let normals setting (step: int) purpose (images: torch.Tensor) (size: int64 array) =
        use _ = torch.NewDisposeScope ()
        let bits image site = uint64 (Philox.Bits (setting.Seed, step, image, purpose, site))
        let rows =
            images.``to``(torch.CPU).data<int64>().ToArray()
            |> Array.map (fun image ->
                use chance = new torch.Generator ((bits image 0 <<< 32) ||| bits image 1, torch.CPU)
                torch.randn (size, generator = chance))
        (torch.stack rows).MoveToOuterDisposeScope()

/// Losses of one prediction against one target, n x d each, without memory of past steps.
module PairLoss =
    let private scale (x: float) (t: torch.Tensor) = t * Scope.number x

    let private move setting (t: torch.Tensor) = t.to_type(setting.Type).``to`` setting.Device

    /// A loss times the objective's factor.
    let scaled objective loss =
        match Objective.factor objective with
        | 1.0 -> loss
        | factor -> scale factor loss

    /// The type of products of embeddings: double, in which Verify asks for slopes, is not rounded.
    let products setting objective =
        if Objective.inBFloat16 objective && setting.Type = torch.float32 then
            Torch.Products.BFloat16
        else
            Torch.Products.Full

    // Half the mean squared difference, and the distance of all 2n embeddings to as many samples of the prior.
    let private toPrior setting prior weight step (p: torch.Tensor) (t: torch.Tensor) =
        let unit (z: torch.Tensor) =
            match prior with
            | Prior.Sphere -> Torch.UnitRows.Of z
            | _ -> z
        let agree = (unit p - unit t).square().mean() |> scale 0.5
        if weight = 0.0 then
            agree
        else
            use chance = LossSetting.chance setting step 0xFFFD
            let normal (rows: int64) (columns: int64) =
                torch.randn ([| rows; columns |], generator = chance) |> move setting
            let n, d = p.shape[0], p.shape[1]
            let struct (directions, _) = torch.linalg.qr (normal d d)
            let samples =
                match prior with
                | Prior.Sphere -> Torch.UnitRows.Of (normal (2L * n) d)
                | Prior.Normal -> normal (2L * n) d
                | Prior.Cube ->
                    torch
                        .rand([| 2L * n; d |], generator = chance)
                        .mul_(Scope.number 2.0)
                        .sub_(Scope.number 1.0)
                    |> move setting
            let both = torch.cat ([| p; t |], 0L)
            agree
            + (Torch.SlicedWasserstein.Loss (both, samples, directions, (prior = Prior.Sphere))
               |> scale weight)

    /// LeJEPA over all views: squared distances to the mean of the global ones, the mean over values as in the official minimal script, and the mean of SIGReg over views.
    let leJepa setting weight matched directions step globals (views: torch.Tensor list) =
        let all = torch.stack (List.toArray views)
        let centre = all.narrow(0L, 0L, int64 globals).mean([| 0L |], true)
        let agree = (all - centre).square().mean() |> scale (1.0 - weight)
        if matched && weight > 0.0 then
            use chance = LossSetting.chance setting step 0xFFFB
            let lines =
                torch.randn ([| all.shape[2]; int64 directions |], generator = chance)
                |> move setting
            let lines = lines / lines.square().sum([| 0L |], true).sqrt()
            let far =
                views
                |> List.map (fun z -> Torch.SigReg.Loss (z, lines))
                |> List.reduce (fun a b -> a + b)
            agree + (far |> scale (weight / float views.Length))
        else
            agree

    // The objectives that choose between cosines and dot products.
    let private similar
        objective
        repels
        lengths
        (products: Torch.Products)
        (p: torch.Tensor)
        (t: torch.Tensor)
        =
        match objective with
        | Objective.Restore (temperature, _)
        | Objective.RestoreNoised (temperature, _)
        | Objective.NtXent temperature when repels -> Torch.NtXent.Loss (p, t, temperature, lengths, products)
        | Objective.Decoupled (temperature, None) when repels ->
            Torch.Decoupled.Loss (p, t, temperature, lengths)
        | Objective.Decoupled (temperature, Some sigma) when repels ->
            Torch.Decoupled.Weighted (p, t, temperature, sigma, lengths)
        | Objective.NtLogistic (temperature, Mining.All) when repels ->
            Torch.NtLogistic.Loss (p, t, temperature, lengths)
        | Objective.NtLogistic (temperature, Mining.SemiHard) when repels ->
            Torch.NtLogistic.SemiHard (p, t, temperature, lengths)
        | Objective.MarginTriplet (margin, Mining.All) when repels ->
            Torch.MarginTriplet.Loss (p, t, margin, lengths)
        | Objective.MarginTriplet (margin, Mining.SemiHard) when repels ->
            Torch.MarginTriplet.SemiHard (p, t, margin, lengths)
        | other -> Torch.Alignment.Loss (p, t, Objective.temperature other, lengths)

    /// The loss of a pair at a step of the run. `queue` holds the keys of past batches where the mechanisms keep any.
    let loss setting objective avoid (queue: torch.Tensor option) step (p: torch.Tensor) (t: torch.Tensor) =
        let weight mechanism value = if List.contains mechanism avoid then value else 0.0
        let negatives = Mechanism.negatives avoid
        let lengths = not (Objective.isRaw objective)
        let products = products setting objective
        match Objective.inner objective with
        // Each order counts once; the mean over orders is half their sum.
        | Objective.Regression when not t.requires_grad -> Torch.CosineRegression.Loss (p, t) |> scale 2.0
        | Objective.Regression -> Torch.Alignment.Loss (p, t, 1.0, true) + Scope.number 1.0 |> scale 4.0
        | Objective.InfoNce (temperature, bothWays) ->
            let loss =
                match negatives, queue with
                | Some (Negatives.Queue _), Some keys ->
                    Torch.InfoNce.Queue (p, t, keys, temperature, lengths, products = products)
                | Some _, _ -> Torch.InfoNce.InBatch (p, t, temperature, lengths, products = products)
                | None, _ -> Torch.Alignment.Loss (p, t.detach (), temperature, lengths)
            if bothWays then scale 2.0 loss else loss
        | Objective.BarlowTwins lambda -> Torch.BarlowTwins.Loss (p, t, weight Mechanism.Decorrelate lambda)
        | Objective.BarlowTwinsUnbiased lambda ->
            Torch.BarlowTwins.Loss (p, t, weight Mechanism.Decorrelate lambda, true)
        | Objective.VicReg (i, v, c) ->
            Torch.VicReg.Loss (p, t, i, weight Mechanism.KeepVariance v, weight Mechanism.Decorrelate c)
        | Objective.Hypersphere (sharpness, w) ->
            Torch.Hypersphere.Loss (p, t, sharpness, weight Mechanism.MatchPrior w)
        | Objective.AlignSpread (temperature, w) ->
            Torch.Generalized.Loss (p, t, temperature, weight Mechanism.MatchPrior w, true)
        | Objective.Imax noise -> Torch.Imax.Loss (p, t, noise)
        | Objective.Sliced (prior, w) -> toPrior setting prior (weight Mechanism.MatchPrior w) step p t
        | Objective.PredictAhead _
        | Objective.LocalGlobal _
        | Objective.BiGan _
        | Objective.SwapCodes _
        | Objective.SelfDistill _
        | Objective.Classify _
        | Objective.LeJepa _ -> invalidOp "all views are compared at once"
        | other -> similar other negatives.IsSome lengths products p t

    /// Pairs of a target and another view, with their weights; where prediction and target of a view are one, a pair and its mirror image cost the same.
    let pairs objective (branches: Branches) =
        match objective with
        | Objective.InfoNce (_, false) -> [ 1.0, branches.Predictions.Head, List.last branches.Targets ]
        | _ ->
            let alike =
                not (Objective.stopsTargets objective)
                && Seq.forall2
                    (fun (p: torch.Tensor) (t: torch.Tensor) -> Object.ReferenceEquals (p, t))
                    branches.Predictions
                    branches.Targets
            [
                for q, target in List.indexed branches.Targets do
                    for v, prediction in List.indexed branches.Predictions do
                        if v <> q && not (alike && v < q) then
                            let weight = if alike && v < branches.Targets.Length then 2.0 else 1.0
                            weight, prediction, target
            ]
