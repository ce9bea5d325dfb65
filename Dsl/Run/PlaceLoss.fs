namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Losses of places of an image: patches, and positions of maps.
module PlaceLoss =
    let private sum (losses: torch.Tensor list) = losses |> List.reduce (fun a b -> a + b)

    /// CPC: each prediction against all patches of the batch; without negatives, its product with what it is of. Summed over so many distances, the mean over the rest.
    let ahead repels distances (predictions: Prediction list) =
        let one it =
            if repels then
                Torch.InfoNce.Patches (it.Guesses, it.Embeddings, it.Which)
            else
                Torch.Alignment.Loss (it.Guesses, it.Embeddings.index_select (0L, it.Which), 1.0, false)
        let rest = float predictions.Length / float distances
        sum (List.map one predictions) / Scope.number (max 1.0 rest)

    // One term of AMDIM: sources n x d find the places n x p x d of their images; and the penalty.
    let private term repels clip (sources: torch.Tensor) (places: torch.Tensor) =
        let struct (loss, penalty) = Torch.LocalGlobal.Loss (sources, places, clip)
        if repels then
            loss, penalty
        else
            let scale = Scope.number (sqrt (float sources.shape[1]) * clip)
            let scores = places.matmul (sources.unsqueeze 2L) / scale
            -(scores.tanh () * Scope.number clip).mean(), penalty

    /// AMDIM over ordered pairs of views: image to finer places, image to coarser ones, and one coarser place, drawn for each image and step, to coarser ones. Each term is the mean
    /// over pairs; the penalty weighs the sum of the six of two views by a half.
    let scales setting repels clip penalty step (images: torch.Tensor) (views: Scales list) =
        // A place belongs to an image, not to its row in the batch: the order of images changes nothing.
        let numbers = images.``to``(torch.CPU).data<int64>().ToArray()
        let place v (view: Scales) =
            let p, d = view.Coarser.shape[1], view.Coarser.shape[2]
            let at =
                numbers
                |> Array.map (fun image ->
                    let u = float (Philox.Uniform (setting.Seed, step, image, 0xFFF8, v))
                    min (p - 1L) (int64 (u * float p)))
            let at = torch.tensor(at).``to``(view.Coarser.device).view(-1L, 1L, 1L).expand(-1L, 1L, d)
            view.Coarser.gather(1L, at).squeeze 1L
        let drawn = views |> List.mapi place
        let terms = [
            for v, view in List.indexed views do
                for q, other in List.indexed views do
                    if v <> q then
                        term repels clip view.Image other.Finer
                        term repels clip view.Image other.Coarser
                        term repels clip drawn[v] other.Coarser
        ]
        // Three terms for each ordered pair.
        let pairs = float terms.Length / 3.0
        let losses = sum (List.map fst terms) / Scope.number pairs
        if penalty = 0.0 then
            losses
        else
            losses + sum (List.map snd terms) * Scope.number (penalty / pairs)

    /// CAN: the weighted sum of a loss of views, of what is told of hidden values and of the noise on seen ones; the mean over views.
    let restored (it: Restoration) (views: Restored list) (contrast: torch.Tensor) =
        let terms =
            views
            |> List.map (fun view ->
                let struct (values, noise) =
                    Torch.Restoration.Loss (view.Told, view.Values, view.Noise, view.Hidden)
                values * Scope.number it.Pixels + noise * Scope.number it.Noise)
        let contrast = contrast * Scope.number it.Contrast
        if terms.IsEmpty then
            contrast
        else
            contrast + sum terms / Scope.number (float terms.Length)

    /// The losses of a contest, the mean over views: in value that of the discriminators alone, for the two losses together do not change until a hinge is reached; in gradient both,
    /// each into what it is of. Without discriminators it is that of what is judged.
    let contested (views: Scores list) =
        let of' view =
            let judged = view.Judged |> Option.map Torch.Adversarial.Judged
            match view.Judging, judged with
            | Some judging, Some judged -> Torch.Adversarial.Loss judging + (judged - judged.detach ())
            | Some judging, None -> Torch.Adversarial.Loss judging
            | None, Some judged -> judged
            | None, None -> invalidOp "a contest without scores"
        (views |> List.map of' |> sum) / Scope.number (float views.Length)
