namespace Vantage

open System
open Vantage.Kernels

/// Random numbers of one view of one image: a pure function of seed, epoch, image, view and site, so that any view of any
/// image of any epoch can be made again alone. Here recipe `float` becomes kernel `float32`, and nowhere else.
[<Struct>]
type Draws = {
    Seed: uint64
    Epoch: int
    Image: int64
    View: int
} with

    /// The draw at a site, uniform on [0, 1).
    member this.At site = float (Philox.Uniform (this.Seed, this.Epoch, this.Image, this.View, site))

/// Turns a plan and its draws into a row of the table that view engines read.
module Draw =
    /// The box of a random resized crop: rows top .. top + height, columns left .. left + width. torchvision's rule
    /// (transforms/v2, RandomResizedCrop): ten attempts, then the largest centred box whose aspect is in range.
    let cropBox (draws: Draws) site area aspect height width =
        let rec attempt k =
            if k = Plan.cropAttempts then
                let low, high = Distribution.bounds aspect
                let ratio = float width / float height
                let h, w =
                    if ratio < low then
                        min height (int (Math.Round (float width / low))), width
                    elif ratio > high then
                        height, min width (int (Math.Round (float height * high)))
                    else
                        height, width
                struct ((height - h) / 2, (width - w) / 2, h, w)
            else
                let target = Distribution.at (draws.At (site + 2 * k)) area * float (height * width)
                let ratio = Distribution.at (draws.At (site + 2 * k + 1)) aspect
                let w = int (Math.Round (sqrt (target * ratio)))
                let h = int (Math.Round (sqrt (target / ratio)))
                if w > 0 && w <= width && h > 0 && h <= height then
                    let place offset room =
                        int (draws.At (site + 2 * Plan.cropAttempts + offset) * float (room + 1))
                    struct (place 0 (height - h), place 1 (width - w), h, w)
                else
                    attempt (k + 1)
        attempt 0

    /// SimCLR's kernel for an image of this height: a tenth of it, made odd (google-research/simclr, data_util.py).
    let blurTaps height = 2 * (height / 10 / 2) + 1

    let private seven operation (v: float array) =
        let at i = if i < v.Length then float32 v[i] else 0.0f
        Step (operation, at 0, at 1, at 2, at 3, at 4, at 5, at 6)

    let private filter =
        function
        | Resampling.Bilinear -> Filter.Bilinear
        | Resampling.BilinearPlain -> Filter.BilinearPlain
        | Resampling.Bicubic -> Filter.Bicubic
        | Resampling.BicubicPlain -> Filter.BicubicPlain

    let private cropTo (top, left, h, w) (outHeight, outWidth) by =
        seven Operation.Crop [|
            float top
            float left
            float h
            float w
            float outHeight
            float outWidth
            float (int (filter by))
        |]

    /// Whole numbers 0 .. count - 1 in the order of their draws from this site on.
    let private order (draws: Draws) site count =
        let keys = Array.init count (fun i -> draws.At (site + i))
        let items = Array.init count id
        Array.Sort (keys, items)
        items

    /// torchvision's get_params of RandomErasing: ten attempts at a box smaller than the image, or none.
    let private erasedBox (draws: Draws) site area aspect height width =
        let rec attempt k =
            if k = Plan.cropAttempts then
                struct (0, 0, 0, 0)
            else
                let target = Distribution.at (draws.At (site + 2 * k)) area * float (height * width)
                let ratio = Distribution.at (draws.At (site + 2 * k + 1)) aspect
                let h = int (Math.Round (sqrt (target * ratio)))
                let w = int (Math.Round (sqrt (target / ratio)))
                if h < height && w < width then
                    let place offset room =
                        int (draws.At (site + 2 * Plan.cropAttempts + offset) * float (room + 1))
                    struct (place 0 (height - h), place 1 (width - w), h, w)
                else
                    attempt (k + 1)
        attempt 0

    let private scaled (draws: Draws) site operation distribution =
        seven operation [| Distribution.at (draws.At site) distribution |]

    let private affine (draws: Draws) site (warp: Warp) height width =
        let at k distribution = Distribution.at (draws.At (site + k)) distribution
        let map =
            Affine.inverse
                (at 0 warp.Degrees)
                (at 1 warp.Right * float width)
                (at 2 warp.Down * float height)
                (at 3 warp.Scale)
                (at 4 warp.ShearX)
                (at 5 warp.ShearY)
        seven Operation.Affine (Array.append map [| warp.Fill |])

    /// A whole number in [0, 2^24): every one that a draw can tell apart.
    let private word (draws: Draws) site = draws.At site * 16777216.0

    /// The one step of an operation that is one step.
    let private operation (draws: Draws) site height width op =
        let one kind distribution = scaled draws site kind distribution
        match op with
        | Augmentation.Crop (size, area, aspect, by) ->
            let struct (top, left, h, w) = cropBox draws site area aspect height width
            cropTo (top, left, h, w) (int size, int size) by
        | Augmentation.CenterCrop size ->
            let side = int size
            cropTo ((height - side) / 2, (width - side) / 2, side, side) (side, side) Resampling.Bilinear
        | Augmentation.Resize (shorter, by) ->
            let longer side = max 1 (int (int64 shorter * int64 side / int64 (min height width)))
            let size = if height < width then int shorter, longer width else longer height, int shorter
            cropTo (0, 0, height, width) size by
        | Augmentation.FlipHorizontal -> seven Operation.FlipHorizontal [||]
        | Augmentation.FlipVertical -> seven Operation.FlipVertical [||]
        | Augmentation.QuarterTurns n -> seven Operation.Rotate90 [| float n |]
        | Augmentation.Affine warp -> affine draws site warp height width
        | Augmentation.Brightness factor -> one Operation.Brightness factor
        | Augmentation.AddBrightness amount -> one Operation.Add amount
        | Augmentation.Contrast factor -> one Operation.Contrast factor
        | Augmentation.ContrastByChannel factor -> one Operation.ContrastByChannel factor
        | Augmentation.Saturation factor -> one Operation.Saturation factor
        | Augmentation.Hue turn -> one Operation.Hue turn
        | Augmentation.Grayscale -> seven Operation.Grayscale [||]
        | Augmentation.DropChannels count ->
            let dropped = order draws site 3 |> Array.take count
            seven Operation.Channels [| for c in 0..2 -> if Array.contains c dropped then -1.0 else float c |]
        | Augmentation.ShuffleChannels -> seven Operation.Channels (order draws site 3 |> Array.map float)
        | Augmentation.Solarize threshold -> one Operation.Solarize threshold
        | Augmentation.Posterize bits -> seven Operation.Posterize [| float bits |]
        | Augmentation.Invert -> seven Operation.Invert [||]
        | Augmentation.AutoContrast -> seven Operation.AutoContrast [||]
        | Augmentation.Equalize -> seven Operation.Equalize [||]
        | Augmentation.Sharpness factor -> one Operation.Sharpness factor
        | Augmentation.Blur (sigma, taps) ->
            let taps = Option.defaultValue (blurTaps height) taps
            seven Operation.Blur [| Distribution.at (draws.At site) sigma; float taps |]
        | Augmentation.BoxBlur sigma -> one Operation.BoxBlur sigma
        | Augmentation.Sobel -> seven Operation.Sobel [| Reference.Sobel.Unit |]
        | Augmentation.Noise deviation ->
            seven Operation.Noise [|
                Distribution.at (draws.At site) deviation
                word draws (site + 1)
                word draws (site + 2)
            |]
        | Augmentation.Cutout (side, value) ->
            let side = int side
            let top = int (draws.At site * float height) - side / 2
            let left = int (draws.At (site + 1) * float width) - side / 2
            seven Operation.Erase [| float top; float left; float side; float side; value |]
        | Augmentation.RandomErasing (area, aspect, value) ->
            let struct (top, left, h, w) = erasedBox draws site area aspect height width
            seven Operation.Erase [| float top; float left; float h; float w; value |]
        | Augmentation.Lab -> seven Operation.Lab [||]
        | Augmentation.KeepChannels (first, count) -> seven Operation.Select [| float first; float count |]
        | Augmentation.MaskPatches _
        | Augmentation.Jigsaw _
        | Augmentation.PatchGrid _
        | Augmentation.Sequence _
        | Augmentation.AnyOrder _
        | Augmentation.Sometimes _
        | Augmentation.OneOf _
        | Augmentation.Pick _
        | Augmentation.Standardize _ ->
            invalidOp $"{Print.augmentation op} is not one step; the plan splits it before anything is drawn"

    /// The steps of one operation on an image of this size.
    let private steps (draws: Draws) site height width op =
        match op with
        | Augmentation.MaskPatches (patch, share, shape) ->
            Patches.mask draws.At site patch share shape height width |> Patches.steps patch
        | Augmentation.Jigsaw (grid, patch) -> Patches.jigsaw draws.At site grid patch height width
        | Augmentation.PatchGrid (patch, stride) -> Patches.grid patch stride height width
        | one -> [| operation draws site height width one |]

    /// Height and width after a step of a view engine.
    let private sizeAfter (height, width) (step: Step) =
        match step.Operation with
        | Operation.Crop -> int step.E, int step.F
        | Operation.Rotate90 when int step.A % 2 <> 0 -> width, height
        | _ -> height, width

    /// Which branch a draw chooses by weight.
    let private choose (weights: float list) u =
        let target = u * List.sum weights
        let rec find i below =
            function
            | [] -> i - 1
            | weight :: rest -> if target < below + weight then i else find (i + 1) (below + weight) rest
        // The last one with a weight, should rounding carry the target to the sum itself.
        let found = find 0 0.0 weights
        if weights[found] > 0.0 then
            found
        else
            List.findIndexBack (fun w -> w > 0.0) weights

    /// Writes the steps of one view of an image of height x width at `table.[first ..]`, exactly `plan.Slots` of them.
    let row (plan: Plan) (draws: Draws) height width (table: Step array) first =
        let mutable slot = first
        let mutable size = height, width
        let put value =
            table[slot] <- value
            slot <- slot + 1
            size <- sizeAfter size value
        let close count =
            for _ in 1..count do
                put (Step ())
        let rec write planned =
            for node in planned do
                let until = slot + Plan.width [ node ]
                match node with
                | Planned.Do (site, _, _, op) -> steps draws site (fst size) (snd size) op |> Array.iter put
                | Planned.Gate (site, probability, inside) ->
                    if draws.At site < probability then
                        write inside
                | Planned.Shuffle (site, branches) ->
                    let inOrder = List.toArray branches
                    for i in order draws site inOrder.Length do
                        write inOrder[i]
                | Planned.Choose (site, weights, branches) -> write branches[choose weights (draws.At site)]
                | Planned.Pick (site, count, branches) ->
                    let chosen = order draws site branches.Length |> Array.truncate count
                    branches
                    |> List.iteri (fun i branch ->
                        if Array.contains i chosen then
                            write branch)
                close (until - slot)
        write plan.Steps
