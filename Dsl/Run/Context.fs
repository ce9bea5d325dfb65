namespace Vantage

open TorchSharp
open Vantage.Kernels

/// What patches predict of those further along.
type Prediction = {
    /// Predictions, S x d.
    Guesses: torch.Tensor
    /// Embeddings of all patches of the batch, B h w x d.
    Embeddings: torch.Tensor
    /// Which of them each prediction is of: int64, S.
    Which: torch.Tensor
}

/// CPC's context: patches of the rows above say what lies below (van den Oord et al. 2018, section 3.3). The blocks are those of the appendix of Henaff et al. 2020 as
/// Lightning-Universe/lightning-bolts builds them: no row sees one below it.
module Context =
    let private dense (weights: Weights) name inputs outputs (height: int) (width: int) (pad: int64) =
        let deviation = sqrt (2.0 / float (inputs * height * width))
        let size = [| int64 outputs; int64 inputs; int64 height; int64 width |]
        let weight =
            weights.Parameter (
                $"{name}.weight",
                fun g -> torch.randn(size, generator = g).mul_(Scope.number deviation)
            )
        let bias = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros [| int64 outputs |])
        fun (x: torch.Tensor) ->
            let y =
                torch.nn.functional.conv2d (x, weight, bias, strides = [| 1L; 1L |], padding = [| 0L; pad |])
            weights.Note (name, y, y.numel () / y.shape[0] * int64 (inputs * height * width))
            y

    let private block weights name width inner =
        let first = dense weights $"{name}.conv1" width inner 1 1 0L
        let across = dense weights $"{name}.conv2" inner inner 1 3 1L
        let down = dense weights $"{name}.conv3" inner inner 2 1 0L
        let last = dense weights $"{name}.conv4" inner width 1 1 0L
        fun (x: torch.Tensor) ->
            let y = torch.nn.functional.relu (first x) |> across
            let above = torch.nn.functional.pad (y, [| 0L; 0L; 1L; 0L |])
            x + (torch.nn.functional.relu (down above) |> last)

    /// The context of a grid of representations, n x d x h x w in and out: that of a row depends on it and on those above.
    let network weights name width (ahead: Ahead) =
        [ for k in 0 .. ahead.Blocks - 1 -> block weights $"{name}.{k}" width ahead.Width ]
        |> List.reduce (>>)
        >> torch.nn.functional.relu

    /// Builds the contexts of all directions: representations of a grid's patches, n x h w x d, and the function that embeds rows, to what they predict; one entry for each direction
    /// and distance. Predictions are a tenth of a dense layer of the context.
    let build (weights: Weights) width embedding (ahead: Ahead) =
        let directions = [
            for side in 0 .. ahead.Directions - 1 ->
                let name = $"context.{side}"
                let context = network weights name width ahead
                let heads = [
                    for k in ahead.First .. ahead.Last ->
                        k, dense weights $"{name}.ahead{k}" width embedding 1 1 0L
                ]
                side, context, heads
        ]
        fun (project: torch.Tensor -> torch.Tensor) (rows: int) (columns: int) (patches: torch.Tensor) ->
            let n, d = patches.shape[0], patches.shape[2]
            let grid = patches.view(n, int64 rows, int64 columns, d).permute(0L, 3L, 1L, 2L)
            let flat (t: torch.Tensor) = t.permute(0L, 2L, 3L, 1L).flatten(0L, 2L)
            [
                for side, context, heads in directions do
                    let turned = if side = 0 then grid else grid.rot90 (int64 side, struct (2L, 3L))
                    let height, across = int turned.shape[2], int turned.shape[3]
                    let seen = context turned
                    let embeddings = project (flat turned)
                    for k, head in heads do
                        let sources = seen.narrow (2L, 0L, int64 (height - k))
                        let labels = Torch.InfoNce.PatchLabels (int n, height, across, k)
                        {
                            Guesses = flat (head sources) * Scope.number 0.1
                            Embeddings = embeddings
                            Which = torch.tensor(labels).``to`` patches.device
                        }
            ]
