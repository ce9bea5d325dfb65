namespace Vantage

open TorchSharp

/// An encoder that is built.
type Built = {
    /// Of the representation.
    Width: int
    /// Of the last map but one.
    Finer: int option
    /// Images, and which of their patches it sees, to the representation and that of every place.
    See: Sight -> torch.Tensor -> Tokens
}

/// Encoders: images n x c x h x w in, representations n x d out, float32 both.
module Encoders =
    open Layers

    let private pooled (x: torch.Tensor) = x.mean([| 2L; 3L |]).to_type torch.float32

    let private prepared (weights: Weights) (x: torch.Tensor) =
        let x = x.to_type weights.Compute
        match weights.Layout with
        | Layout.ChannelsLast -> channelsLast x
        | Layout.ChannelsFirst -> x.contiguous ()

    // Patches in order of the maps' positions.
    let private places (maps: torch.Tensor) = maps.flatten(2L).transpose(1L, 2L).to_type torch.float32

    // A stem and stages; the last two maps, where both are asked for.
    let private residual weights finer stem (stages: (int * (torch.Tensor -> torch.Tensor)) list) =
        let widths = stages |> List.map fst
        let before = stages |> List.truncate (stages.Length - 1) |> List.map snd
        let last = snd (List.last stages)
        let see sight x =
            if sight <> Sight.Whole then
                invalidOp
                    "a residual network was asked to look at some of its patches; `check` refuses such recipes"
            let map = (prepared weights x |> stem, before) ||> List.fold (fun x stage -> stage x)
            // The last stage's first norm overwrites nothing of its input.
            let fine = if finer then Some (places map) else None
            let final = last map
            { Pooled = pooled final; Patches = places final; Finer = fine }
        { Width = List.last widths; Finer = widths |> List.rev |> List.tryItem 1; See = see }

    // Patches of an image as images of their own, row by row.
    let private cut (patch: int<px>) (stride: int<px>) (x: torch.Tensor) =
        let patch, stride = int64 (int patch), int64 (int stride)
        let n, channels = x.shape[0], x.shape[1]
        let windows = x.unfold(2L, patch, stride).unfold(3L, patch, stride)
        let count = windows.shape[2] * windows.shape[3]
        windows.permute(0L, 2L, 3L, 1L, 4L, 5L).reshape(n * count, channels, patch, patch), count

    /// Builds an encoder of images of so many channels; `masks` where it has to hide patches, `finer` where its last two maps are asked for. Residual networks hide nothing; their
    /// places are those of the last maps.
    let rec build (weights: Weights) channels masks finer encoder : Built =
        match encoder with
        | Encoder.CompactResNet (widths, blocks) ->
            let stem =
                conv weights "conv1" channels widths.Head 4 2 1
                >> batchNormRelu weights "bn1" widths.Head
            Residual.stages
                weights
                (Residual.basic false)
                widths.Head
                widths
                (List.replicate widths.Length blocks)
            |> residual weights finer stem
        | Encoder.PatchResNet (patch, widths, blocks) ->
            let stem =
                overlapping weights "conv1" channels widths.Head (int patch)
                >> batchNormRelu weights "bn1" widths.Head
            Residual.stages
                weights
                (Residual.basic false)
                widths.Head
                widths
                (List.replicate widths.Length blocks)
            |> residual weights finer stem
        | Encoder.ResNet it -> Residual.network weights channels it ||> residual weights finer
        | Encoder.ViT it -> {
            Width = it.Width
            Finer = None
            See = Transformer.network weights channels masks it
          }
        | Encoder.LayerNormed inner ->
            weights.LayerNorms <- true
            try
                build weights channels masks finer inner
            finally
                weights.LayerNorms <- false
        | Encoder.Patchwise (patch, stride, inner) ->
            let inner = build weights channels false false inner
            {
                inner with
                    Finer = None
                    See =
                        fun _ x ->
                            let patches, count = cut patch stride x
                            let seen = (inner.See Sight.Whole patches).Pooled
                            let each = seen.view (x.shape[0], count, int64 inner.Width)
                            { Pooled = each.mean [| 1L |]; Patches = each; Finer = None }
            }
        | Encoder.Continued (run, layers) ->
            let inner = build weights channels masks false run.Encoder
            let width, through = Heads.build weights "kept" inner.Width (Head (Encoder.kept run layers))
            let see sight x =
                let seen = inner.See sight x
                { seen with Pooled = through seen.Pooled; Finer = None }
            { Width = width; Finer = None; See = see }
        | Encoder.Split _ -> invalidOp "the network takes channels apart"
