/// What a view costs at least: bytes in and out, and arithmetic of the kernels, counted by hand from their code.
module Vantage.Bench.Cost

open System
open Vantage.Kernels

/// Bytes in, and float32 out.
let bytes (image: Image) (shape: ViewShape) = float (image.Length + 4 * shape.Length)

/// Weights that one output of a resize sees.
let private taps (input: float) (output: float) = 2.0 * max 1.0 (input / output)

let private crop (channels: float) (step: Step) (shape: ViewShape) =
    let boxHeight, boxWidth = float step.C, float step.D
    let height, width = float shape.Height, float shape.Width
    // Down the columns over the box's width for each row, then along the rows; a multiplication and an addition each.
    2.0
    * channels
    * height
    * (boxWidth * taps boxHeight height + width * taps boxWidth width)

/// Additions, multiplications, comparisons and the like of one value or, for colour steps, one pixel of three channels.
let private perPixel (step: Step) =
    match step.Operation with
    | Operation.Brightness
    | Operation.Add
    | Operation.Invert -> 3.0 * 4.0
    | Operation.Contrast -> 3.0 * 4.0 + 6.0
    | Operation.ContrastByChannel
    | Operation.AutoContrast -> 3.0 * 7.0
    | Operation.Saturation -> 3.0 * 4.0 + 6.0
    | Operation.Hue -> 14.0 + 3.0 * 15.0
    | Operation.Grayscale -> 5.0
    | Operation.Solarize -> 3.0 * 3.0
    | Operation.Posterize -> 3.0 * 6.0
    | Operation.Equalize -> 3.0 * 3.0
    | Operation.Sharpness -> 3.0 * 13.0
    | Operation.Sobel -> 5.0 + 17.0
    | Operation.Blur -> 3.0 * 2.0 * 1.5 * float step.B
    | Operation.BoxBlur -> 3.0 * 6.0 * 5.0
    | Operation.Affine -> 12.0 + 3.0 * 6.0
    | Operation.Noise -> 3.0 * 40.0
    | Operation.Lab -> 3.0 * 50.0 + 30.0
    | _ -> 0.0

/// Arithmetic of one view of an image.
let operations (image: Image) (steps: ReadOnlySpan<Step>) (shape: ViewShape) =
    let mutable sum = 2.0 * float shape.Length // the standardization
    for step in steps do
        sum <-
            sum
            + if step.Operation = Operation.Crop then
                  crop (float image.Channels) step shape
              else
                  perPixel step * float (shape.Height * shape.Width) * float image.Channels / 3.0
    sum
