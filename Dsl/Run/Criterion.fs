namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// An objective under its mechanisms, for embeddings of this width and type, of so many groups of channels, compared with so many targets, on sets of so many images, with what it remembers from step to step: a queue, a bank, a centre.
[<Sealed>]
type Criterion
    (
        objective: Objective,
        avoid: Mechanism list,
        embedding: int,
        towers: int,
        views: int,
        images: int,
        device: torch.Device,
        seed: uint64,
        dtype: torch.ScalarType
    ) =
    let negatives = Mechanism.negatives avoid
    let wrapped, objective = objective, Objective.inner objective
    let lengths = not (Objective.isRaw wrapped)
    let scaled = PairLoss.scaled wrapped
    let setting = { Device = device; Seed = seed; Type = dtype }
    let unit (z: torch.Tensor) = if lengths then Torch.UnitRows.Of z else z
    let state = ResizeArray<string * Kept>()
    let generator = new torch.Generator (seed ^^^ 0x9E3779B97F4A7C15UL, torch.CPU)

    let keep name (make: unit -> torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let made = make ()
        let typed = if made.is_floating_point () then made.to_type dtype else made
        let kept = typed.``to``(device).detach()
        state.Add (name, Kept kept)
        kept

    // MoCo starts with random unit keys.
    let memory =
        match negatives with
        | Some (Negatives.Queue length) ->
            let size = [| int64 length; int64 embedding |]
            Some (keep "queue" (fun () -> torch.randn (size, generator = generator) |> Torch.UnitRows.Of))
        | _ -> None

    let position =
        match negatives with
        | Some (Negatives.Queue _) -> Some (keep "queue.position" (fun () -> torch.zeros (1L, torch.int64)))
        | _ -> None

    // One for each group of channels.
    let banks =
        match negatives with
        | Some (Negatives.Bank (noise, momentum) | Negatives.BankSum (noise, momentum)) -> [
            for k in 0 .. towers - 1 ->
                let name = if towers = 1 then "bank" else $"bank{k}"
                Bank (
                    noise,
                    negatives.Value.IsBankSum,
                    momentum,
                    Mechanism.near avoid,
                    images,
                    embedding,
                    lengths,
                    PairLoss.products setting wrapped,
                    seed,
                    generator,
                    fun part make -> keep (name + part) make
                )
          ]
        | _ -> []

    let sets = Objective.sets objective

    let labels =
        match Mechanism.labelling avoid with
        | None -> []
        | Some labelling ->
            let rows () =
                torch.randn ([| int64 images; int64 embedding |], generator = generator)
                |> Torch.UnitRows.Of
            Labels.OfSets (
                labelling,
                sets,
                views,
                images,
                rows,
                (fun part make -> keep ("labels." + part) make),
                seed
            )

    let noted (embeddings: torch.Tensor list) rows =
        List.zip (List.truncate views labels) (List.truncate (min views labels.Length) embeddings)
        |> List.iter (fun (each, z) -> each.Store (z, rows))

    let recalled =
        match Mechanism.balance avoid, Mechanism.balancedOver avoid with
        | Some _, Some (length, from) when labels.IsEmpty ->
            Some (CodeQueue (length, from, views, embedding, (fun part make -> keep ("codes." + part) make)))
        | _ -> None

    let centred name =
        match objective, Mechanism.centre avoid with
        | Objective.SelfDistill (_, p, _), Some _ ->
            Some (keep name (fun () -> torch.zeros (1L, int64 p.Count)))
        | _ -> None

    let centre = centred "centre"

    let centreOfPlaces = Objective.hidden objective |> Option.bind (fun _ -> centred "centre.places")

    let pair step p t = PairLoss.loss setting wrapped avoid memory step p t |> scaled

    let mean (losses: torch.Tensor list) =
        (losses |> List.reduce (fun a b -> a + b)) / Scope.number (float losses.Length)

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
        let weighted = PairLoss.pairs objective branches
        let total = weighted |> List.sumBy (fun (weight, _, _) -> weight)
        weighted
        |> List.map (fun (weight, p, t) ->
            let loss = pair step p t
            if weight = total then loss else loss * Scope.number (weight / total))
        |> List.reduce (fun a b -> a + b)

    let enqueue (keys: torch.Tensor) =
        match memory, position with
        | Some queue, Some at ->
            let start = at.item<int64>()
            queue.narrow(0L, start, keys.shape[0]).copy_(unit (keys.detach ())) |> ignore
            at.fill_ (Scope.number (float ((start + keys.shape[0]) % queue.shape[0])))
            |> ignore
        | _ -> ()

    // Each view against the rows of its image; of several groups of channels, each against the other groups' banks, all of these added up (CMC).
    let instances temperature step (branches: Branches) =
        let views = branches.Predictions |> List.splitInto towers
        match banks with
        | [ bank ] ->
            branches.Predictions
            |> List.map (fun z -> bank.Loss (z, branches.Images, temperature, step))
            |> mean
        | several ->
            [
                for s, own in List.indexed views do
                    for o, bank in List.indexed several do
                        if s <> o then
                            own
                            |> List.map (fun z -> bank.Loss (z, branches.Images, temperature, step))
                            |> mean
            ]
            |> List.reduce (fun a b -> a + b)

    let store (branches: Branches) =
        (banks, branches.Predictions |> List.splitInto towers)
        ||> List.iter2 (fun bank own -> bank.Store (own.Head, branches.Images))

    /// The loss of a batch, a scalar with gradient, and what to do when its step is made: new keys go into the queue, rows into the bank, the centre moves on.
    /// `step` numbers the draws of noise.
    member _.Loss(branches: Branches, step: int) : torch.Tensor * (unit -> unit) =
        match objective, negatives, branches.Prototypes with
        | Objective.InfoNce (temperature, _), Some (Negatives.Bank _ | Negatives.BankSum _), _ ->
            instances temperature step branches
            |> scaled
            |> PrototypeLoss.apart avoid branches,
            (fun () -> store branches)
        | Objective.PredictAhead ahead, _, _ ->
            let repels = negatives.IsSome
            PlaceLoss.ahead repels (ahead.Last - ahead.First + 1) branches.Ahead
            |> PrototypeLoss.apart avoid branches,
            ignore
        | (Objective.Restore (_, restoration) | Objective.RestoreNoised (_, restoration)), _, _ ->
            PlaceLoss.restored restoration branches.Restored (compared step branches)
            |> PrototypeLoss.apart avoid branches,
            ignore
        | Objective.BiGan _, _, _ -> PlaceLoss.contested branches.Scores, ignore
        | Objective.LocalGlobal (clip, penalty), _, _ ->
            PlaceLoss.scales setting negatives.IsSome clip penalty step branches.Images branches.Scales
            |> PrototypeLoss.apart avoid branches,
            ignore
        | Objective.SwapCodes (temperature, _), _, Some (learnt, _) ->
            let each = PrototypeLoss.ofSets sets learnt
            match labels with
            | [] ->
                let past q = recalled |> Option.bind (fun queue -> queue.Rows q)
                each
                |> List.map (fun own -> PrototypeLoss.swapped avoid temperature past own branches)
                |> PrototypeLoss.overSets
                |> PrototypeLoss.apart avoid branches,
                (fun () ->
                    recalled
                    |> Option.iter (fun queue -> queue.Store (branches.Epoch, branches.Targets)))
            | labels ->
                // All prototypes stand before any loss looks at them.
                List.iter2 (fun (labels: Labels) own -> labels.Begin (branches.Epoch, own)) labels each
                List.zip labels each
                |> List.map (fun (labels, own) ->
                    let logits = branches.Predictions |> List.map (fun p -> PrototypeLoss.scores p own)
                    labels.Loss (logits, branches.Images, temperature)
                    |> PrototypeLoss.evened avoid temperature logits)
                |> PrototypeLoss.overSets
                |> PrototypeLoss.apart avoid branches,
                (fun () -> noted branches.Predictions branches.Images)
        | Objective.SelfDistill (temperature, _, hidden), _, Some (learnt, followed) ->
            let loss, teachers = PrototypeLoss.distilled avoid centre temperature learnt followed branches
            let loss, places =
                match hidden with
                | Some hidden when not branches.Places.IsEmpty ->
                    let term, places =
                        PrototypeLoss.hidden avoid centreOfPlaces temperature learnt followed branches.Places
                    loss + term * Scope.number hidden.Weight, places
                | _ -> loss, []
            let follow (middle: torch.Tensor option) (scores: torch.Tensor array) =
                match middle, Mechanism.centre avoid with
                | Some middle, Some momentum when scores.Length > 0 ->
                    middle.copy_ (Torch.Dino.Centre (middle, scores, momentum)) |> ignore
                | _ -> ()
            let move () =
                follow centre teachers
                follow centreOfPlaces (List.toArray places)
            PrototypeLoss.apart avoid branches loss, move
        | Objective.Classify (labelled, annealing, terms), _, _ ->
            ClassLoss.loss setting labelled annealing terms step branches, ignore
        | Objective.LeJepa (weight, directions), _, _ ->
            let matched = List.contains Mechanism.MatchPrior avoid
            let loss =
                PairLoss.leJepa
                    setting
                    weight
                    matched
                    directions
                    step
                    branches.Targets.Length
                    branches.Predictions
            PrototypeLoss.apart avoid branches loss, ignore
        | Objective.InfoNce (_, bothWays), Some (Negatives.Queue _), _ ->
            let keys = if bothWays then branches.Targets else [ List.last branches.Targets ]
            compared step branches |> PrototypeLoss.apart avoid branches, (fun () -> List.iter enqueue keys)
        | Objective.SupCon temperature, Some _, _ ->
            match branches.Labels with
            | Some labels ->
                let z = torch.cat (List.toArray branches.Predictions, 0L)
                let labels = labels.repeat [| int64 branches.Predictions.Length |]
                Torch.SupCon.Loss (z, labels, temperature, lengths)
                |> scaled
                |> PrototypeLoss.apart avoid branches,
                ignore
            | None -> invalidOp "SupCon needs labels; Run.load refuses sets without"
        | _ -> compared step branches |> PrototypeLoss.apart avoid branches, ignore

    /// Takes note of embeddings before the first step, where images are labelled by them.
    member _.Note(embeddings: torch.Tensor list, rows: torch.Tensor) = noted embeddings rows

    /// Whether images are labelled by their embeddings once an epoch.
    member _.Labels = not labels.IsEmpty

    /// Everything that a later step depends on, by name.
    member _.State = state |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList
