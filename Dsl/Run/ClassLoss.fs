namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// Losses of a classifier: of labelled images, and of those whose labels it may not see.
module ClassLoss =
    /// Which probability of the right class is known already, at this progress of the run from 0 to 1 (UDA; image/main.py of the official code).
    let threshold annealing classes progress =
        let share =
            match annealing with
            | Annealing.Off -> 1.0
            | Annealing.Linear -> progress
            | Annealing.Exponential -> exp (5.0 * (progress - 1.0))
            | Annealing.Logarithmic -> 1.0 - exp (-5.0 * progress)
        if annealing = Annealing.Off then
            1.0
        else
            1.0 / float classes + (1.0 - 1.0 / float classes) * share

    let private ramped ramp progress = if ramp <= 0.0 then 1.0 else min 1.0 (progress / ramp)

    // What the step that changes predictions of the first view most changes.
    let private adversarial
        turned
        setting
        epsilon
        trial
        step
        (numbers: torch.Tensor)
        (model: torch.Tensor -> torch.Tensor)
        (x: torch.Tensor)
        =
        let start =
            LossSetting.normals setting step 0xFFF9 numbers x.shape[1..]
            |> fun start -> start.to_type(x.dtype).``to`` x.device
        Torch.VirtualAdversary.Loss (Func<_, _> model, x, start, trial, epsilon, 1, turned)

    // A term on unlabelled images: logits of their views, u x C each, and their first view.
    let private term
        setting
        step
        (branches: Branches)
        (views: torch.Tensor list)
        (images: torch.Tensor)
        term
        =
        let weak, strong = views.Head, List.last views
        match term with
        | Unlabelled.PseudoLabel (threshold, weight, ramp) ->
            weight * ramped ramp branches.Progress, Torch.PseudoLabel.Loss (weak, weak, threshold)
        | Unlabelled.PseudoLabelByShare (threshold, weight, ramp) ->
            weight * ramped ramp branches.Progress, Torch.PseudoLabel.ByShare (weak, weak, threshold)
        | Unlabelled.LeastEntropy weight -> weight, Torch.Consistency.Entropy weak
        | Unlabelled.Vat (epsilon, trial, weight, ramp)
        | Unlabelled.VatTurned (epsilon, trial, weight, ramp) ->
            weight * ramped ramp branches.Progress,
            adversarial
                term.IsVatTurned
                setting
                epsilon
                trial
                step
                (branches.Images.narrow (0L, 0L, images.shape[0]))
                branches.Model.Logits
                images
        | Unlabelled.Sharpened (temperature, confidence, weight) ->
            weight, Torch.Consistency.Loss (strong, weak, temperature, confidence)
        | Unlabelled.Confident (threshold, weight) -> weight, Torch.PseudoLabel.Loss (strong, weak, threshold)
        | Unlabelled.Distil (run, temperature, weight) ->
            weight, Torch.Consistency.Distil (weak, branches.Model.Teach run images, temperature)
        | Unlabelled.Exemplar (_, weight) ->
            let embeddings = branches.Model.Exemplars ()
            let images = branches.Images.repeat [| embeddings.shape[0] / branches.Images.shape[0] |]
            weight, Torch.BatchHard.Loss (embeddings, images)
        | Unlabelled.Rotation weight ->
            // Four copies of every image below one another, each turned by its number of quarters.
            let logits = branches.Model.Turns branches.Model.Images
            let turns =
                torch.arange(4L).repeat_interleave(branches.Model.Images.shape[0]).``to`` images.device
            weight, Torch.Classification.Loss (logits, turns, 1.0)

    /// The loss of a batch whose last rows are the labelled ones; all of them, where nothing is unlabelled.
    let loss setting labelled annealing terms step (branches: Branches) =
        let logits = branches.Predictions
        let total = logits.Head.shape[0]
        let own =
            match labelled with
            | Labelled.All -> total
            | Labelled.PerClass (_, batch) -> int64 batch
        let labels =
            match branches.Labels with
            | Some labels -> labels.narrow (0L, total - own, own)
            | None -> invalidOp "a classifier needs labels; Run.load refuses sets without"
        let known = threshold annealing logits.Head.shape[1] branches.Progress
        let supervised = Torch.Classification.Loss (logits.Head.narrow (0L, total - own, own), labels, known)
        let rest = total - own
        if rest = 0L then
            supervised
        else
            let unlabelled = logits |> List.map (fun view -> view.narrow (0L, 0L, rest))
            let images = branches.Model.Images.narrow (0L, 0L, rest)
            (supervised, terms)
            ||> List.fold (fun loss each ->
                let weight, value = term setting step branches unlabelled images each
                loss + value * Scope.number weight)
