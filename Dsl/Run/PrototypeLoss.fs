namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Losses of scores against prototypes, and the terms that go with any loss, without memory of past steps.
module PrototypeLoss =
    /// Cosines of embeddings, n x d, with prototypes of length 1, K x d.
    let scores (z: torch.Tensor) (prototypes: torch.Tensor) = (Torch.UnitRows.Of z).mm(prototypes.t ())

    /// A loss with MSN's term on the mean over all predicting views, where the mechanisms ask for it.
    let evened avoid temperature (predicted: torch.Tensor seq) (loss: torch.Tensor) =
        match Mechanism.meanEntropy avoid with
        | 0.0 -> loss
        | weight ->
            let all = torch.cat (Seq.toArray predicted, 0L)
            loss + Torch.MeanEntropy.Loss (all, temperature) * Scope.number weight

    /// A loss with the term that keeps the neighbours of each predicting view apart, where the mechanisms ask for it.
    let apart avoid (branches: Branches) (loss: torch.Tensor) =
        match Mechanism.apart avoid with
        | 0.0 -> loss
        | weight ->
            let terms =
                branches.Predictions
                |> List.map Torch.KoLeo.Loss
                |> List.reduce (fun a b -> a + b)
            loss + terms * Scope.number (weight / float branches.Predictions.Length)

    /// The prototypes of each set, K x d, of all of them below one another.
    let ofSets count (prototypes: torch.Tensor) =
        let each = prototypes.shape[0] / int64 count
        [ for k in 0L .. int64 count - 1L -> prototypes.narrow (0L, k * each, each) ]

    /// The mean of a loss over sets.
    let overSets (losses: torch.Tensor list) =
        match losses with
        | [ one ] -> one
        | several ->
            (several |> List.reduce (fun a b -> a + b))
            / Scope.number (float several.Length)

    /// The codes of a batch's scores, n x K: balanced over past rows of length 1 as well, where there are any.
    let codes
        (epsilon: float)
        (iterations: int)
        (past: torch.Tensor option)
        (learnt: torch.Tensor)
        (s: torch.Tensor)
        =
        match past with
        | None -> Torch.Sinkhorn.Codes (s.detach (), epsilon, iterations)
        | Some rows ->
            let all = torch.cat ([| rows.mm (learnt.detach().t()); s.detach () |], 0L)
            Torch.Sinkhorn.Codes(all, epsilon, iterations).narrow(0L, rows.shape[0], s.shape[0])

    let private softened avoid sharp past learnt (s: torch.Tensor) =
        match Mechanism.balance avoid with
        | Some (epsilon, iterations) -> codes epsilon iterations past learnt s
        | None -> (s.detach () / Scope.number sharp).softmax 1L

    /// Every view predicts the codes of the targets, against the learnt prototypes on both sides; `past` gives the past rows of a target.
    let swapped
        avoid
        temperature
        (past: int -> torch.Tensor option)
        (learnt: torch.Tensor)
        (branches: Branches)
        =
        let sharp = Mechanism.sharpness avoid |> Option.defaultValue temperature
        let codes =
            branches.Targets
            |> List.mapi (fun q t -> softened avoid sharp (past q) learnt (scores t learnt))
            |> List.toArray
        let predicted = branches.Predictions |> List.map (fun p -> scores p learnt) |> List.toArray
        evened avoid temperature predicted (Torch.SwapCodes.Loss (predicted, codes, temperature))

    /// Every view predicts the target network's scores against its own prototypes; the loss, and those scores, which a centre follows.
    let distilled
        avoid
        (centre: torch.Tensor option)
        temperature
        (learnt: torch.Tensor)
        (followed: torch.Tensor)
        (branches: Branches)
        =
        let own = Torch.UnitRows.Of learnt
        let students = branches.Predictions |> List.map (fun p -> scores p own) |> List.toArray
        let teachers =
            branches.Targets
            |> List.map (fun t -> scores (t.detach ()) (Torch.UnitRows.Of (followed.detach ())))
            |> List.toArray
        let sharp = Mechanism.sharpness avoid |> Option.defaultValue temperature
        let loss =
            match Mechanism.balance avoid, centre with
            | Some (epsilon, iterations), _ ->
                let codes = teachers |> Array.map (fun t -> Torch.Sinkhorn.Codes (t, epsilon, iterations))
                Torch.SwapCodes.Loss (students, codes, temperature)
            | None, Some middle -> Torch.Dino.Loss (students, teachers, middle, temperature, sharp)
            | None, None ->
                let nothing = torch.zeros (1L, learnt.shape[0], dtype = learnt.dtype, device = learnt.device)
                Torch.Dino.Loss (students, teachers, nothing, temperature, sharp)
        evened avoid temperature students loss, teachers

    /// Patches that were hidden predict the target network's scores for the same patches; the mean over views, and those scores, which a centre of their own follows.
    let hidden
        avoid
        (centre: torch.Tensor option)
        temperature
        (learnt: torch.Tensor)
        (followed: torch.Tensor)
        (places: Places list)
        =
        let own = Torch.UnitRows.Of learnt
        let middle =
            centre
            |> Option.defaultWith (fun () ->
                torch.zeros (1L, learnt.shape[0], dtype = learnt.dtype, device = learnt.device))
        let sharp = Mechanism.sharpness avoid |> Option.defaultValue temperature
        let terms, teachers =
            places
            |> List.map (fun place ->
                let teacher =
                    Scope.withoutGradient (fun () -> scores place.Teacher (Torch.UnitRows.Of followed))
                Torch.HiddenPatches.Loss (
                    scores place.Student own,
                    teacher,
                    place.Hidden,
                    middle,
                    temperature,
                    sharp
                ),
                teacher)
            |> List.unzip
        (terms |> List.reduce (fun a b -> a + b)) / Scope.number (float terms.Length), teachers
