namespace Vantage

open TorchSharp
open Vantage.Kernels

/// The generator: codes to images, by convolutions between doublings of the maps, with batch norm (Radford et al. 2016, DCGAN; nearest neighbours in place of its strided convolutions).
module Generator =
    /// How often both sides halve evenly without falling below 4.
    let rec rounds (rows, columns) =
        if rows % 2 = 0 && columns % 2 = 0 && min rows columns >= 8 then
            1 + rounds (rows / 2, columns / 2)
        else
            0

    /// Channels of the map that has been halved so often: they double with it, 16 times at most.
    let channels width halved = width * min 16 (1 <<< halved)

    /// Builds a generator of views of this shape from codes of so many values. What it makes is standardized as the view is, from pixels between 0 and 1.
    let build (weights: Weights) width codes (view: ViewShape) =
        let count = rounds (view.Height, view.Width)
        let rows, columns = view.Height >>> count, view.Width >>> count
        let start = channels width count
        let grow = Layers.linear weights "generator.grow" codes (start * rows * columns) true
        let settle = Layers.batchNormRelu weights "generator.bn" start
        let doubling =
            [
                for k in count - 1 .. -1 .. 0 ->
                    let inputs, outputs = channels width (k + 1), channels width k
                    let conv = Layers.conv weights $"generator.{k}.conv" inputs outputs 3 1 1
                    let norm = Layers.batchNormRelu weights $"generator.{k}.bn" outputs
                    fun (x: torch.Tensor) ->
                        torch.nn.functional.interpolate (
                            x,
                            scale_factor = [| 2.0; 2.0 |],
                            mode = torch.InterpolationMode.Nearest
                        )
                        |> conv
                        |> norm
            ]
            |> List.fold (>>) id
        let last = Layers.conv weights "generator.pixels" width view.Channels 3 1 1
        // Weights are drawn by fan-out: this makes the first values of order 1.
        let first = sqrt (float view.Channels / (2.0 * float width))
        let byChannel (values: float32 array) =
            let values = Array.init view.Channels (fun c -> values[c % values.Length])
            torch.tensor(values).view(1L, -1L, 1L, 1L).``to`` weights.Device |> Kept
        let mean, deviation = byChannel view.Mean, byChannel view.Deviation
        fun (code: torch.Tensor) ->
            let maps = (grow code).view(-1L, int64 start, int64 rows, int64 columns).to_type weights.Compute
            let pixels = (maps |> Layers.channelsLast |> settle |> doubling |> last).to_type torch.float32
            ((pixels * Scope.number first).sigmoid() - mean.Value) / deviation.Value
