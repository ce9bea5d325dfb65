namespace Vantage

open System
open TorchSharp

/// The decoder of masked images: representations of the patches that were seen to values of all of them (MAE, He et al. 2022; CAN, Mishra et al. 2022, section 3).
module Decoder =
    let private frequencies = 64

    // Sines and cosines of a thousand times the deviation; the official code embeds it in as many values, the factor is ours.
    let private waves (deviation: torch.Tensor) =
        let rate k = 1000.0 / Math.Pow (10000.0, float k / float frequencies)
        let rates = torch.tensor(Array.init frequencies (fun k -> float32 (rate k))).``to`` deviation.device
        let angles = deviation.unsqueeze 1L * rates.unsqueeze 0L
        torch.cat ([| angles.sin (); angles.cos () |], 1L)

    /// Patches of images, n x c x h x w, as rows: n x p x (c side side).
    let patches (patch: int) (x: torch.Tensor) =
        let side = int64 patch
        let n, c, rows, columns = x.shape[0], x.shape[1], x.shape[2] / side, x.shape[3] / side
        let cut = x.view (n, c, rows, side, columns, side)
        cut.permute(0L, 2L, 4L, 1L, 3L, 5L).reshape(n, rows * columns, c * side * side)

    /// Builds a decoder for what an encoder makes of images of so many channels. Its function takes the grid, representations n x k x d, the places n x k that they are of, and the
    /// deviation of the noise for each image; it gives n x p x (c side side), float32.
    let build (weights: Weights) (encoder: ViT) channels (it: Restoration) =
        let own = { encoder with Width = it.Width; Depth = it.Depth; Heads = it.Heads; DropPath = 0.0 }
        let name = "decoder"
        weights.Prefix <- $"{name}."
        let embed = Transformer.dense weights "embed" encoder.Width it.Width
        let first = Transformer.dense weights "deviation.0" (2 * frequencies) it.Width
        let second = Transformer.dense weights "deviation.2" it.Width it.Width
        let token = weights.Parameter ("mask_token", Transformer.small [| 1L; 1L; int64 it.Width |])
        let blocks =
            [ for k in 0 .. it.Depth - 1 -> Transformer.block weights k own ]
            |> List.reduce (>>)
        let finish = Transformer.norm weights "norm" it.Width
        let values =
            Transformer.dense weights "values" it.Width (int encoder.Patch * int encoder.Patch * channels)
        weights.Prefix <- ""
        fun (rows, columns) (seen: torch.Tensor) (shown: torch.Tensor) (deviation: torch.Tensor) ->
            let compute = weights.Compute
            let n, places = seen.shape[0], int64 (rows * columns)
            let strength = (waves deviation).to_type compute |> first |> torch.nn.functional.gelu |> second
            let latent = embed (seen.to_type compute) + strength.unsqueeze 1L
            let all = token.to_type(compute).expand(n, places, int64 it.Width).contiguous()
            let at = shown.unsqueeze(2L).expand(-1L, -1L, int64 it.Width)
            let all = all.scatter (1L, at, latent)
            let positions = (Transformer.sinCos rows columns it.Width).``to``(seen.device).to_type compute
            ((all + positions) |> blocks |> finish |> values).to_type torch.float32
