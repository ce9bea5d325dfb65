namespace Vantage

open System
open Vantage.Kernels

/// Patches of an image: masks, jigsaws and grids, from draws to steps of a view engine. `draw` gives the draw at a site.
module Patches =
    /// How many of `count` patches a share is: iBOT's and MAE's rounding down.
    let private target share count = int (share * float count)

    /// The rectangles of BEiT's masking (microsoft/unilm, beit/masking_generator.py; bytedance/ibot, loader.py): area from the smallest to what is
    /// left, log-uniform aspect from 0.3 to 1 / 0.3, at most ten attempts a rectangle; a rectangle counts if it adds a patch and not too many.
    let private blocks (draw: int -> float) site smallest wanted rows columns =
        let masked = Array2D.create rows columns false
        let mutable count = 0
        let mutable attempt = 0
        let mutable sinceLast = 0
        while count < wanted && sinceLast < 10 && attempt < Plan.blockAttempts do
            let at k = draw (site + 4 * attempt + k)
            let left = wanted - count
            let area = float smallest + at 0 * float (left - smallest)
            let aspect = Distribution.at (at 1) (Distribution.LogUniform (0.3, 1.0 / 0.3))
            let h = int (Math.Round (sqrt (area * aspect)))
            let w = int (Math.Round (sqrt (area / aspect)))
            sinceLast <- sinceLast + 1
            if h > 0 && w > 0 && h < rows && w < columns then
                let top = int (at 2 * float (rows - h + 1))
                let first = int (at 3 * float (columns - w + 1))
                let fresh =
                    Seq.allPairs [ top .. top + h - 1 ] [ first .. first + w - 1 ]
                    |> Seq.filter (fun (y, x) -> not masked[y, x])
                    |> Seq.toArray
                if fresh.Length > 0 && fresh.Length <= left then
                    for y, x in fresh do
                        masked[y, x] <- true
                    count <- count + fresh.Length
                    sinceLast <- 0
            attempt <- attempt + 1
        Array.init (rows * columns) (fun i -> masked[i / columns, i % columns])

    /// Which patches are masked, row by row. Its first draw is at `site`.
    let mask (draw: int -> float) site (patch: int<px>) share shape (height: int) (width: int) =
        let rows, columns = Extent.patches patch (height * 1<px>, width * 1<px>)
        let wanted = target (Distribution.at (draw site) share) (rows * columns)
        match shape with
        | MaskShape.Blocks smallest -> blocks draw (site + 1) (min smallest wanted) wanted rows columns
        | MaskShape.Scattered ->
            let keys = Array.init (rows * columns) (fun i -> draw (site + 1 + i))
            let order = Array.init keys.Length id
            Array.Sort (keys, order)
            let masked = Array.create keys.Length false
            for i in Array.truncate wanted order do
                masked[i] <- true
            masked

    /// A mask as steps, 96 patches each.
    let steps (patch: int<px>) (masked: bool array) =
        masked
        |> Array.chunkBySize Plan.patchesPerStep
        |> Array.mapi (fun i some ->
            let word k =
                some
                |> Array.mapi (fun j set ->
                    if set && j / Reference.Mask.Bits = k then
                        1 <<< (j % Reference.Mask.Bits)
                    else
                        0)
                |> Array.sum
                |> float32
            Step (
                Operation.Mask,
                float32 (int patch),
                float32 (i * Plan.patchesPerStep),
                word 0,
                word 1,
                word 2,
                word 3,
                0.0f
            ))

    let private tile top left side number =
        Step (
            Operation.Tile,
            float32 top,
            float32 left,
            float32 side,
            float32 side,
            float32 number,
            0.0f,
            0.0f
        )

    /// One patch from each cell, its place uniform in the cell, in the order of the first grid x grid draws.
    let jigsaw (draw: int -> float) site grid (patch: int<px>) height width =
        let cells = grid * grid
        let keys = Array.init cells (fun i -> draw (site + i))
        let order = Array.init cells id
        Array.Sort (keys, order)
        order
        |> Array.mapi (fun number cell ->
            let place length index k =
                let size = length / grid
                index * size
                + int (draw (site + cells + 2 * cell + k) * float (size - int patch + 1))
            tile (place height (cell / grid) 0) (place width (cell % grid) 1) (int patch) number)

    /// Every patch of the grid, row by row.
    let grid (patch: int<px>) (stride: int<px>) height width =
        let rows, columns = Extent.grid patch stride (height * 1<px>, width * 1<px>)
        Array.init (rows * columns) (fun i ->
            tile (i / columns * int stride) (i % columns * int stride) (int patch) i)
