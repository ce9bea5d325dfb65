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
