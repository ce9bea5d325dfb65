/// Named tolerances, each with its reason. A tolerance is never widened to turn a test green.
module Vantage.Tests.Close

/// Largest |a - b| over two arrays of equal length.
let worst (a: float[]) (b: float[]) =
    if a.Length <> b.Length then
        invalidArg (nameof b) $"{b.Length} values against {a.Length}"
    if a.Length = 0 then
        0.0
    else
        Array.map2 (fun (x: float) y -> if x = y then 0.0 else abs (x - y)) a b
        |> Array.max

/// The ratio of two bars' areas, counted in whole pixels of one colour: each bar's edges may lose a pixel to blending, of
/// about a hundred across and six hundred high.
let barArea = 0.04

/// Standardized views of the fast engine against the reference. Float32 rounds a dozen operations on values in [0, 1], 2e-6;
/// hue divides by the chroma and may double it, and a standardization divides by a deviation of 0.25 or more: 2e-5 with room
/// for the sums of a blur. Trees of up to a dozen colour steps, contrast factors up to 2 each, amplify it: 1e-3 at most.
let views = 1e-3

/// A loss in double against a golden float32: half a unit in the last place is 6e-8; sums of a few hundred terms were rounded too.
let goldenLoss = 1e-6

/// A gradient against a golden float32 gradient, absolute: entries are of the order 0.01 to 0.1.
let goldenGradient = 1e-5

/// A loss computed in float32, relative: products of up to 32 values at 1 / temperature up to 20, 2^-24 each.
let float32Loss = 1e-4
