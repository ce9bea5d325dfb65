/// Steps of every operation for batches of images: torchvision's golden cases and random ones.
module Vantage.Tests.Steps

open System
open System.Text.Json
open Vantage.Kernels
open Vantage.Tests.Chains

/// A step of up to seven values.
let step7 operation (v: float list) =
    let at i = if i < v.Length then float32 v[i] else 0f
    Step (operation, at 0, at 1, at 2, at 3, at 4, at 5, at 6)

/// A golden case as one step; None is the standardization alone.
let goldenStep (name: string) (p: JsonElement) =
    let number (key: string) = p.GetProperty(key).GetDouble()
    let box () = List.map number [ "top"; "left"; "height"; "width" ]
    let one operation key = factor operation (number key)
    match (name.Split '_')[0] with
    | "brightness" -> one Operation.Brightness "factor"
    | "contrast" -> one Operation.Contrast "factor"
    | "saturation" -> one Operation.Saturation "factor"
    | "hue" -> one Operation.Hue "factor"
    | "grayscale3" -> grayscale
    | "hflip" -> flip
    | "vflip" -> factor Operation.FlipVertical 0.0
    | "solarize" -> one Operation.Solarize "threshold"
    | "posterize" -> one Operation.Posterize "bits"
    | "autocontrast" -> factor Operation.AutoContrast 0.0
    | "equalize" -> factor Operation.Equalize 0.0
    | "sharpness" -> one Operation.Sharpness "factor"
    | "invert" -> factor Operation.Invert 0.0
    | "blur" -> blur (number "sigma") (int (number "kernel"))
    | "crop" ->
        let filter =
            if name.Contains "bicubic" then Filter.Bicubic
            elif name.Contains "noaa" then Filter.BilinearPlain
            else Filter.Bilinear
        let size = int (number "size")
        cropTo filter (size, size) (step7 Operation.Crop (box ()))
    | "rotate" when name.Contains "bilinear" ->
        affine (Vantage.Affine.inverse (number "degrees_ccw") 0.0 0.0 1.0 0.0 0.0) 0.0
    | "rotate" -> factor Operation.Rotate90 (number "degrees_ccw" / 90.0)
    | "affine" ->
        let at (key: string) (i: int) = p.GetProperty(key).[i].GetDouble()
        let right, down, x, y = at "translate" 0, at "translate" 1, at "shear" 0, at "shear" 1
        affine (Vantage.Affine.inverse -(number "angle") right down (number "scale") x y) 0.0
    | "erase" -> step7 Operation.Erase (box ())
    | "sobel" -> factor Operation.Sobel Reference.Sobel.Unit
    | "normalize" -> Step ()
    | _ -> failwith $"no operation answers the golden case {name}"

/// Any step of an operation for an image of this size; what jumps is kept off the values where it does.
let anyOf operation (random: Random) channels (height, width) =
    let real low high = low + (high - low) * random.NextDouble ()
    let whole low high = float (random.Next (low, high + 1))
    let word () = whole 0 0xFFFFFF
    match operation with
    | Operation.Crop ->
        let h, w = random.Next height + 1, random.Next width + 1
        step7 operation [ whole 0 (height - h); whole 0 (width - w); float h; float w; 0.0; 0.0; whole 0 3 ]
    | Operation.Hue -> factor operation (real -1.5 1.5)
    | Operation.Add -> factor operation (real -1.0 1.0)
    | Operation.Blur -> blur (real 0.0 3.0) (2 * random.Next (min height width) + 1)
    | Operation.BoxBlur -> factor operation (real 0.0 6.0)
    | Operation.Rotate90 -> factor operation (if height = width then whole -5 5 else 2.0 * whole -3 3)
    | Operation.Affine ->
        let map =
            Vantage.Affine.inverse
                (real -180.0 180.0)
                (real -5.0 5.0)
                2.5
                (real 0.5 2.0)
                (real -30.0 30.0)
                0.0
        affine map (real 0.0 1.0)
    | Operation.Solarize -> factor operation ((whole 0 255 + 0.5) / 255.0)
    | Operation.Posterize -> factor operation (whole 1 8)
    | Operation.Noise -> step7 operation [ real 0.0 0.3; word (); word () ]
    | Operation.Erase ->
        step7 operation [
            whole -3 height
            whole -3 width
            whole 0 (height + 3)
            whole 0 (width + 3)
            real 0.0 1.0
        ]
    | Operation.Mask -> step7 operation [ whole 1 9; whole 0 2 * 48.0; word (); word (); word (); word () ]
    | Operation.Channels -> step7 operation [ whole -1 2; whole -1 2; whole -1 2 ]
    | Operation.Select -> step7 operation [ 0.0; float channels ]
    | _ -> factor operation (real 0.0 2.0)

/// Odd, prime and smallest sizes.
let sizes = [ 1, 1; 1, 7; 5, 1; 2, 2; 3, 3; 7, 11; 13, 13; 32, 32; 29, 23 ]

/// Every operation but tiles.
let operations = [
    for operation in Enum.GetValues<Operation>() do
        if operation <> Operation.Tile then
            operation
]

/// Channels that an operation can work on.
let channelsOf (random: Random) operation =
    match operation with
    | Operation.Lab
    | Operation.Channels -> 3
    | _ -> if random.Next 2 = 0 then 1 else 3

/// Images of random bytes.
let pictures (random: Random) count channels (height, width) =
    Array.init count (fun _ ->
        let pixels = Array.zeroCreate<byte>(channels * height * width)
        random.NextBytes pixels
        Image (pixels, 0, channels, height, width))

/// A batch of one size, each image with its own steps of these operations, and its view.
let batch seed (slots: (Random -> Operation) list) channels =
    let random = Random (seed: int)
    let size = sizes[random.Next sizes.Length]
    let count = 1 + random.Next 6
    let images = pictures random count channels size
    let steps =
        Array.init count (fun _ -> [
            for slot in slots do
                anyOf (slot random) random channels size
        ])
    images, steps, size ||> plain channels

/// A tile of the view, cut out at this row and column.
let tile number (top: int) (left: int) height width =
    step7 Operation.Tile [ float top; float left; float height; float width; float number ]
