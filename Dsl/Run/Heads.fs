namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Heads: rows n x width in, n x width out, float32.
module Heads =
    open Layers

    // Rows of tiles side by side to the width of one.
    let private join weights name width tiles =
        let dense = linear weights name (tiles * width) width true
        fun (rows: torch.Tensor) -> rows.reshape (rows.shape[0] / int64 tiles, int64 (tiles * width)) |> dense

    let private layer (weights: Weights) name index width =
        function
        | Layer.Linear (outputs, bias) -> outputs, linear weights name width outputs bias
        | Layer.BatchNorm (scale, offset) -> width, normOverBatch weights name width scale offset
        | Layer.LayerNorm -> width, layerNorm weights name width
        | Layer.Relu -> width, torch.nn.functional.relu
        | Layer.Gelu -> width, torch.nn.functional.gelu
        | Layer.Dropout probability -> width, dropout weights index probability
        | Layer.UnitLength -> width, Torch.UnitRows.Of
        | Layer.JoinTiles -> width, id

    /// Builds a head on rows of this width: the width of its output, and the function.
    let build weights name inputs (Head layers) =
        ((inputs, id), List.indexed layers)
        ||> List.fold (fun (width, so) (index, one) ->
            let outputs, through = layer weights $"{name}.{index}" index width one
            outputs, so >> through)

    /// The same for views of so many tiles as well: the width, the function on rows of images, and that on rows of tiles, which follow one another image by image.
    let buildForTiles weights name inputs tiles (Head layers) =
        ((inputs, id, id), List.indexed layers)
        ||> List.fold (fun (width, whole, cut) (index, one) ->
            match one with
            | Layer.JoinTiles -> width, whole, cut >> join weights $"{name}.{index}" width tiles
            | _ ->
                let outputs, through = layer weights $"{name}.{index}" index width one
                outputs, whole >> through, cut >> through)

    /// K prototypes of this width, K x width: directions drawn as a dense layer without bias draws its weights, of length 1.
    let prototypes (weights: Weights) inputs count =
        let bound = 1.0 / sqrt (float inputs)
        weights.Parameter (
            "prototypes.weight",
            fun g ->
                let size = [| int64 count; int64 inputs |]
                torch.rand(size, generator = g).mul_(Scope.number (2.0 * bound)).sub_(Scope.number bound)
                |> Torch.UnitRows.Of
        )
