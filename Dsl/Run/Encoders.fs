namespace Vantage

open TorchSharp

/// Encoders: images n x c x h x w in, representations n x d out, float32 both.
module Encoders =
    open Layers

    let private pooled (x: torch.Tensor) = x.mean([| 2L; 3L |]).to_type torch.float32

    let private prepared (weights: Weights) (x: torch.Tensor) = channelsLast (x.to_type weights.Compute)

    // Patches in order of the maps' positions.
    let private tokens (maps: torch.Tensor) = {
        Pooled = pooled maps
        Patches = maps.flatten(2L).transpose(1L, 2L).to_type torch.float32
    }

    /// Builds an encoder: the width of its representation, and the function from images, and which of their patches are hidden, to the representation and that of every place.
    /// Residual networks hide nothing; their places are those of the last maps.
    let build
        (weights: Weights)
        channels
        masks
        encoder
        : int * (torch.Tensor option -> torch.Tensor -> Tokens) =
        let seen (through: torch.Tensor -> torch.Tensor) (hidden: torch.Tensor option) x =
            if hidden.IsSome then
                invalidOp "a residual network was asked to hide patches; `check` refuses such recipes"
            x |> prepared weights |> through |> tokens
        match encoder with
        | Encoder.CompactResNet (widths, blocks) ->
            let stem =
                conv weights "conv1" channels widths.Head 4 2 1
                >> batchNorm weights "bn1" widths.Head
                >> relu
            let width, body =
                Residual.stages
                    weights
                    (Residual.basic false)
                    widths.Head
                    widths
                    (List.replicate widths.Length blocks)
            width, seen (stem >> body)
        | Encoder.ResNet it ->
            let width, through = Residual.network weights channels it
            width, seen through
        | Encoder.ViT it -> it.Width, Transformer.network weights channels masks it
