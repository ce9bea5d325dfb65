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
    let private step operation a b c d = Step (operation, float32 a, float32 b, float32 c, float32 d)

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

    /// SimCLR's kernel for a view of this height: a tenth of it, made odd (google-research/simclr, data_util.py).
    let blurTaps viewHeight = 2 * (viewHeight / 10 / 2) + 1

    let private operation (draws: Draws) site height width viewHeight op =
        let at distribution = Distribution.at (draws.At site) distribution
        match op with
        | Augmentation.Crop (_, area, aspect) ->
            let struct (top, left, h, w) = cropBox draws site area aspect height width
            step Operation.Crop (float top) (float left) (float h) (float w)
        | Augmentation.FlipHorizontal -> step Operation.FlipHorizontal 0.0 0.0 0.0 0.0
        | Augmentation.Brightness factor -> step Operation.Brightness (at factor) 0.0 0.0 0.0
        | Augmentation.Contrast factor -> step Operation.Contrast (at factor) 0.0 0.0 0.0
        | Augmentation.Saturation factor -> step Operation.Saturation (at factor) 0.0 0.0 0.0
        | Augmentation.Hue turn -> step Operation.Hue (at turn) 0.0 0.0 0.0
        | Augmentation.Grayscale -> step Operation.Grayscale 0.0 0.0 0.0 0.0
        | Augmentation.Blur sigma -> step Operation.Blur (at sigma) (float (blurTaps viewHeight)) 0.0 0.0
        | Augmentation.Sequence _
        | Augmentation.AnyOrder _
        | Augmentation.Sometimes _
        | Augmentation.Standardize _ ->
            invalidOp $"{Print.augmentation op} is not one step; the plan splits it before anything is drawn"

    /// Writes the steps of one view of an image of height x width at `table.[first ..]`, exactly `plan.Slots` of them.
    let row (plan: Plan) (draws: Draws) height width (table: Step array) first =
        let viewHeight = plan.Size |> Option.map int |> Option.defaultValue height
        let mutable slot = first
        let put value =
            table[slot] <- value
            slot <- slot + 1
        let rec write isOpen planned =
            for node in planned do
                match node with
                | Planned.Do (site, op) ->
                    put (if isOpen then operation draws site height width viewHeight op else Step ())
                | Planned.Gate (site, probability, inside) ->
                    write (isOpen && draws.At site < probability) inside
                | Planned.Shuffle (site, branches) ->
                    let keys = Array.init branches.Length (fun i -> draws.At (site + i))
                    let order = Array.init branches.Length id
                    Array.Sort (keys, order)
                    let inOrder = List.toArray branches
                    for i in order do
                        write isOpen inOrder[i]
        write true plan.Steps
