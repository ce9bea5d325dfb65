namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// What the views of a batch became.
type Branches = {
    /// Predictions of the views, n x d each, global views first; without a predictor, their embeddings.
    Predictions: torch.Tensor list
    /// What they are compared with: one for each global view.
    Targets: torch.Tensor list
    /// The learnt prototypes, and those of the target, where the objective has any.
    Prototypes: (torch.Tensor * torch.Tensor) option
    /// Numbers of the images in their set.
    Images: torch.Tensor
    /// Their classes, where the set has labels.
    Labels: torch.Tensor option
}

/// An objective under its mechanisms, for embeddings of this width and type on sets of so many images, with what it remembers from step to step: a queue, a bank, a centre.
[<Sealed>]
type Criterion
    (
        objective: Objective,
        avoid: Mechanism list,
        embedding: int,
        images: int,
        device: torch.Device,
        seed: uint64,
        dtype: torch.ScalarType
    ) =
    let has mechanism = List.contains mechanism avoid
    let weight mechanism value = if has mechanism then value else 0.0
    let negatives = Mechanism.negatives avoid
    let repels = negatives.IsSome
    let state = ResizeArray<string * Kept>()
    let generator = new torch.Generator (seed ^^^ 0x9E3779B97F4A7C15UL, torch.CPU)

    let keep name (make: unit -> torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let made = make ()
        let typed = if made.is_floating_point () then made.to_type dtype else made
        let kept = typed.``to``(device).detach()
        state.Add (name, Kept kept)
        kept

    // MoCo starts with random unit keys; a bank with values of expected length 1, between plus and minus sqrt (3 / d) (Wu et al. 2018, code).
    let memory =
        match negatives with
        | Some (Negatives.Queue length) ->
            let size = [| int64 length; int64 embedding |]
            Some (keep "queue" (fun () -> torch.randn (size, generator = generator) |> Torch.UnitRows.Of))
        | Some (Negatives.Bank _) ->
            let size, bound = [| int64 images; int64 embedding |], sqrt (3.0 / float embedding)
            let uniform () =
                torch
                    .rand(size, generator = generator)
                    .mul_(Scope.number (2.0 * bound))
                    .sub_(Scope.number bound)
            Some (keep "bank" uniform)
        | _ -> None

    let position =
        match negatives with
        | Some (Negatives.Queue _) -> Some (keep "queue.position" (fun () -> torch.zeros (1L, torch.int64)))
        | _ -> None

    let normaliser =
        match negatives with
        | Some (Negatives.Bank (noise, _)) when noise > 0 ->
            Some (keep "bank.normaliser" (fun () -> torch.full ([| 1L |], Scope.number nan, torch.float32)))
        | _ -> None

    let centre =
        match objective, Mechanism.centre avoid with
        | Objective.SelfDistill (_, p), Some _ ->
            Some (keep "centre" (fun () -> torch.zeros (1L, int64 p.Count)))
        | _ -> None

    // Queries against their own rows of the bank: among all, or among rows drawn from it.
    let instance (z: torch.Tensor) (rows: torch.Tensor) (noise: int) temperature step =
        let bank = memory.Value
        if noise = 0 then
            Torch.InfoNce.Bank (z, bank, rows, temperature, true)
        else
            let drawn =
                Array.init (int z.shape[0] * noise) (fun i ->
                    let u = Philox.Uniform (seed, step, int64 i, 0xFFFE, 0)
                    int64 (min (float (images - 1)) (float images * float u)))
            let others = torch.tensor(drawn).reshape(z.shape[0], int64 noise).``to`` device
            let indices = torch.cat ([| rows.unsqueeze 1L; others |], 1L)
            let scores = Torch.NoiseContrast.Scores (Torch.UnitRows.Of z, bank, indices)
            if normaliser.Value.isnan().any().item<bool>() then
                normaliser.Value.copy_ (Torch.NoiseContrast.LogNormaliser (scores, temperature, int64 images))
                |> ignore
            Torch.NoiseContrast.Loss (scores, normaliser.Value.squeeze 0L, temperature, int64 images)

    // Half the mean squared difference, and the distance of all 2n embeddings to as many samples of the prior.
    let toPrior prior weight step (p: torch.Tensor) (t: torch.Tensor) =
        let unit (z: torch.Tensor) =
            match prior with
            | Prior.Sphere -> Torch.UnitRows.Of z
            | _ -> z
        let agree = (unit p - unit t).square().mean() * Scope.number 0.5
        if weight = 0.0 then
            agree
        else
            let bits = Philox.Bits (seed, (step: int), 0L, 0xFFFD, 0)
            use chance = new torch.Generator ((uint64 step <<< 32) ^^^ uint64 bits ^^^ seed, torch.CPU)
            let normal (rows: int64) (columns: int64) =
                torch.randn([| rows; columns |], generator = chance).to_type(dtype).``to`` device
            let n, d = p.shape[0], p.shape[1]
            let struct (directions, _) = torch.linalg.qr (normal d d)
            let samples =
                match prior with
                | Prior.Sphere -> Torch.UnitRows.Of (normal (2L * n) d)
                | Prior.Normal -> normal (2L * n) d
                | Prior.Cube ->
                    let unit = torch.rand ([| 2L * n; d |], generator = chance)
                    unit.mul_(Scope.number 2.0).sub_(Scope.number 1.0).to_type(dtype).``to`` device
            let both = torch.cat ([| p; t |], 0L)
            let far = Torch.SlicedWasserstein.Loss (both, samples, directions, (prior = Prior.Sphere))
            agree + far * Scope.number weight

    // The loss of one prediction against one target, n x d each.
    let pair step (p: torch.Tensor) (t: torch.Tensor) =
        match objective with
        | Objective.NtXent temperature when repels -> Torch.NtXent.Loss (p, t, temperature, true)
        | Objective.Decoupled temperature when repels -> Torch.Decoupled.Loss (p, t, temperature, true)
        | Objective.NtLogistic temperature when repels -> Torch.NtLogistic.Loss (p, t, temperature, true)
        | Objective.MarginTriplet margin when repels -> Torch.MarginTriplet.Loss (p, t, margin, true)
        | Objective.NtXent temperature
        | Objective.Decoupled temperature
        | Objective.NtLogistic temperature -> Torch.Alignment.Loss (p, t, temperature, true)
        | Objective.MarginTriplet _
        | Objective.NegativeCosine -> Torch.Alignment.Loss (p, t, 1.0, true)
        // Each order counts once; the mean over orders is half their sum.
        | Objective.Regression when not t.requires_grad ->
            Torch.CosineRegression.Loss (p, t) * Scope.number 2.0
        | Objective.Regression ->
            (Torch.Alignment.Loss (p, t, 1.0, true) + Scope.number 1.0) * Scope.number 4.0
        | Objective.InfoNce (temperature, bothWays) ->
            let factor = Scope.number (if bothWays then 2.0 else 1.0)
            match negatives with
            | Some (Negatives.Queue _) -> Torch.InfoNce.Queue (p, t, memory.Value, temperature, true) * factor
            | Some _ -> Torch.InfoNce.InBatch (p, t, temperature, true) * factor
            | None -> Torch.Alignment.Loss (p, t.detach (), temperature, true) * factor
        | Objective.BarlowTwins lambda -> Torch.BarlowTwins.Loss (p, t, weight Mechanism.Decorrelate lambda)
        | Objective.VicReg (i, v, c) ->
            Torch.VicReg.Loss (p, t, i, weight Mechanism.KeepVariance v, weight Mechanism.Decorrelate c)
        | Objective.Hypersphere (t', w) -> Torch.Hypersphere.Loss (p, t, t', weight Mechanism.MatchPrior w)
        | Objective.Sliced (prior, w) -> toPrior prior (weight Mechanism.MatchPrior w) step p t
        | Objective.SupCon temperature -> Torch.Alignment.Loss (p, t, temperature, true)
        | Objective.SwapCodes _
        | Objective.SelfDistill _ -> invalidOp "scores are compared all at once"

    let mean (losses: torch.Tensor list) =
        (losses |> List.reduce (fun a b -> a + b)) / Scope.number (float losses.Length)

    // Pairs of a target and another view, with their weights; where prediction and target of a view are one, a pair and its mirror image cost the same.
    let pairs (branches: Branches) =
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

    // Every view by itself, all in the same groups of images, drawn anew at each step.
    let whitened step (branches: Branches) =
        match Mechanism.whitening avoid with
        | Some (size, epsilon) ->
            let n = int branches.Predictions.Head.shape[0]
            let keys = Array.init n (fun i -> Philox.Bits (seed, (step: int), int64 i, 0xFFFC, 0))
            let order = Array.init n int64
            Array.sortInPlaceBy (fun i -> keys[int i]) order
            let order = torch.tensor(order).``to`` device
            let white z = Torch.Whitening.Of (z, order, int64 size, epsilon)
            let predictions = branches.Predictions |> List.map white
            {
                branches with
                    Predictions = predictions
                    Targets =
                        branches.Targets
                        |> List.mapi (fun q t ->
                            let p = List.tryItem q branches.Predictions
                            if p |> Option.exists (fun p -> Object.ReferenceEquals (p, t)) then
                                predictions[q]
                            else
                                white t)
            }
        | None -> branches

    let compared step (branches: Branches) =
        let branches = whitened step branches
        let weighted = pairs branches
        let total = weighted |> List.sumBy (fun (weight, _, _) -> weight)
        weighted
        |> List.map (fun (weight, p, t) ->
            let loss = pair step p t
            if weight = total then loss else loss * Scope.number (weight / total))
        |> List.reduce (fun a b -> a + b)

    let scores (z: torch.Tensor) (prototypes: torch.Tensor) = (Torch.UnitRows.Of z).mm(prototypes.t ())

    let softened epsilon iterations (s: torch.Tensor) =
        match Mechanism.balance avoid with
        | Some _ -> Torch.Sinkhorn.Codes (s.detach (), epsilon, iterations)
        | None -> (s.detach () / Scope.number epsilon).softmax 1L

    let swapped temperature (learnt: torch.Tensor) (branches: Branches) =
        let epsilon, iterations = Mechanism.balance avoid |> Option.defaultValue (temperature, 1)
        let codes =
            branches.Targets
            |> List.map (fun t -> softened epsilon iterations (scores t learnt))
        let predicted = branches.Predictions |> List.map (fun p -> scores p learnt)
        Torch.SwapCodes.Loss (List.toArray predicted, List.toArray codes, temperature)

    let distilled temperature (learnt: torch.Tensor) (followed: torch.Tensor) (branches: Branches) =
        let students =
            branches.Predictions
            |> List.map (fun p -> scores p (Torch.UnitRows.Of learnt))
            |> List.toArray
        let teachers =
            branches.Targets
            |> List.map (fun t -> scores (t.detach ()) (Torch.UnitRows.Of (followed.detach ())))
            |> List.toArray
        let sharp = Mechanism.sharpness avoid |> Option.defaultValue temperature
        match Mechanism.balance avoid, centre with
        | Some (epsilon, iterations), _ ->
            let codes = teachers |> Array.map (fun t -> Torch.Sinkhorn.Codes (t, epsilon, iterations))
            Torch.SwapCodes.Loss (students, codes, temperature), teachers
        | None, Some middle -> Torch.Dino.Loss (students, teachers, middle, temperature, sharp), teachers
        | None, None ->
            let nothing = torch.zeros (1L, learnt.shape[0], dtype = learnt.dtype, device = learnt.device)
            Torch.Dino.Loss (students, teachers, nothing, temperature, sharp), teachers

    let enqueue (keys: torch.Tensor) =
        match memory, position with
        | Some queue, Some at ->
            let start = at.item<int64>()
            queue.narrow(0L, start, keys.shape[0]).copy_(Torch.UnitRows.Of (keys.detach ()))
            |> ignore
            at.fill_ (Scope.number (float ((start + keys.shape[0]) % queue.shape[0])))
            |> ignore
        | _ -> ()

    let store momentum (z: torch.Tensor) (rows: torch.Tensor) =
        let bank = memory.Value
        let old = bank.index_select (0L, rows) * Scope.number momentum
        let fresh = Torch.UnitRows.Of (z.detach ()) * Scope.number (1.0 - momentum)
        bank.index_copy_ (0L, rows, Torch.UnitRows.Of (old + fresh)) |> ignore

    /// The loss of a batch, a scalar with gradient, and what to do when its step is made: new keys go into the queue, rows into the bank, the centre moves on.
    /// `step` numbers the draws of noise.
    member _.Loss(branches: Branches, step: int) : torch.Tensor * (unit -> unit) =
        match objective, negatives, branches.Prototypes with
        | Objective.InfoNce (temperature, _), Some (Negatives.Bank (noise, momentum)), _ ->
            let loss =
                branches.Predictions
                |> List.map (fun p -> instance p branches.Images noise temperature step)
                |> mean
            loss, (fun () -> store momentum branches.Predictions.Head branches.Images)
        | Objective.SwapCodes (temperature, _), _, Some (learnt, _) ->
            swapped temperature learnt branches, ignore
        | Objective.SelfDistill (temperature, _), _, Some (learnt, followed) ->
            let loss, teachers = distilled temperature learnt followed branches
            let move () =
                match centre, Mechanism.centre avoid with
                | Some middle, Some momentum ->
                    middle.copy_ (Torch.Dino.Centre (middle, teachers, momentum)) |> ignore
                | _ -> ()
            loss, move
        | Objective.InfoNce (_, bothWays), Some (Negatives.Queue _), _ ->
            let keys = if bothWays then branches.Targets else [ List.last branches.Targets ]
            compared step branches, (fun () -> List.iter enqueue keys)
        | Objective.SupCon temperature, Some _, _ ->
            match branches.Labels with
            | Some labels ->
                let z = torch.cat (List.toArray branches.Predictions, 0L)
                let labels = labels.repeat [| int64 branches.Predictions.Length |]
                Torch.SupCon.Loss (z, labels, temperature, true), ignore
            | None -> invalidOp "SupCon needs labels; Run.load refuses sets without"
        | _ -> compared step branches, ignore

    /// Everything that a later step depends on, by name.
    member _.State = state |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList
