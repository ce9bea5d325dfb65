namespace Vantage

/// Encoders and heads as F# that reads back.
module PrintNetwork =
    open Literal

    /// true or false.
    let internal truth (value: bool) = if value then "true" else "false"

    let private resnet (it: ResNet) =
        let selective =
            match it.Selective with
            | None -> "None"
            | Some ratio -> $"Some {number ratio}"
        $"{{ Depth = {it.Depth}; Stem = Stem.{it.Stem}; Width = {it.Width}; Selective = {selective}; ZeroInit = {truth it.ZeroInit} }}"

    let private vit (it: ViT) =
        let sizes = $"Image = {whole (nameof px) (int it.Image)}; Patch = {whole (nameof px) (int it.Patch)}"
        let shape = $"Width = {it.Width}; Depth = {it.Depth}; Heads = {it.Heads}"
        let ways = $"Pool = Pool.{it.Pool}; Positions = Positions.{it.Positions}"
        $"{{ {sizes}; {shape}; {ways}; FixedPatches = {truth it.FixedPatches}; DropPath = {number it.DropPath}; Dropped = {number it.Dropped} }}"

    /// A layer of a head.
    let layer =
        function
        | Layer.Linear (width, bias) -> $"Layer.Linear ({width}, {truth bias})"
        | Layer.BatchNorm (scale, offset) -> $"Layer.BatchNorm ({truth scale}, {truth offset})"
        | Layer.LayerNorm -> "Layer.LayerNorm"
        | Layer.Relu -> "Layer.Relu"
        | Layer.Gelu -> "Layer.Gelu"
        | Layer.Dropout probability -> $"Layer.Dropout {number probability}"
        | Layer.UnitLength -> "Layer.UnitLength"
        | Layer.JoinTiles -> "Layer.JoinTiles"

    /// A head.
    let head (Head layers) = $"Head {list (List.map layer layers)}"

    /// An encoder.
    let rec encoder =
        function
        | Encoder.ResNet it -> $"Encoder.ResNet {resnet it}"
        | Encoder.ViT it -> $"Encoder.ViT {vit it}"
        | Encoder.CompactResNet (widths, blocks) ->
            $"Encoder.CompactResNet ({list (List.map string widths)}, {blocks})"
        | Encoder.PatchResNet (patch, widths, blocks) ->
            $"Encoder.PatchResNet ({whole (nameof px) (int patch)}, {list (List.map string widths)}, {blocks})"
        | Encoder.LayerNormed inner -> $"Encoder.LayerNormed ({encoder inner})"
        | Encoder.Patchwise (patch, stride, inner) ->
            $"Encoder.Patchwise ({whole (nameof px) (int patch)}, {whole (nameof px) (int stride)}, {encoder inner})"
        | Encoder.Split (groups, inner) -> $"Encoder.Split ({list (List.map string groups)}, {encoder inner})"
        | Encoder.Continued (run, layers) -> $"Encoder.Continued ({trained run}, {layers})"

    /// A finished run.
    and trained (run: Trained) =
        let fingerprint =
            match run.Fingerprint with
            | None -> "None"
            | Some it -> $"Some {text it}"
        $"{{ Folder = {text run.Folder}; Fingerprint = {fingerprint}; Encoder = {encoder run.Encoder}; Projector = {head run.Projector} }}"
