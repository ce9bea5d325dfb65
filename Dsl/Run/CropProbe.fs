namespace Vantage

open TorchSharp

/// A linear probe by SGD on crops that are others in each epoch, through an encoder that stays as it is.
module CropProbe =
    let private int64s (places: int array) = torch.tensor (Array.map int64 places)

    /// Scores, m x classes, of the test features, after SGD on crops of at least this share of the chosen images of a split; the rate is chosen on held-out whole images where there are several.
    let scores
        seed
        (settings: SgdProbe)
        (crop: float)
        (encode: torch.Tensor -> torch.Tensor)
        (device: torch.Device)
        (viewer: Viewer)
        (split: Split)
        (labels: int array)
        (chosen: int array)
        (test: torch.Tensor)
        classes
        : torch.Tensor =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let drawn = FineTuning.plan viewer (Views.plainShape viewer split) crop
        let cropped (images: int array) epoch =
            let parts =
                images
                |> Array.chunkBySize 500
                |> Array.map (fun part ->
                    Scope.returning (fun () ->
                        let x = FineTuning.views viewer drawn seed epoch split part
                        (encode (x.``to`` device)).``to`` torch.CPU))
            torch.cat (parts, 0L)
        let own = chosen |> Array.map (fun i -> labels[i])
        let fit settings rate (places: int array) =
            let images = places |> Array.map (fun i -> chosen[i])
            let own = places |> Array.map (fun i -> own[i])
            LinearProbe.sgdOver seed settings rate classes test.shape[1] (cropped images) own
        let rate =
            match settings.Rates with
            | [ one ] -> one
            | rates ->
                let fitted, held = Subset.holdOut seed settings.HoldOut own
                let images = held |> Array.map (fun i -> chosen[i])
                let part = {
                    split with
                        Count = images.Length
                        Read = fun i -> split.Read images[i]
                        Encoded = None
                }
                let whole = Probe.features viewer part encode device
                let few = { settings with Batch = min settings.Batch fitted.Length }
                rates
                |> List.maxBy (fun rate ->
                    let said = LinearProbe.classify classes whole (fit few rate fitted)
                    Accuracy.top1 said (held |> Array.map (fun i -> own[i])))
        let parameters = fit settings rate [| 0 .. chosen.Length - 1 |]
        (LinearProbe.scores classes test parameters).MoveToOuterDisposeScope()
